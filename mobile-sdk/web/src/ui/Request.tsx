import type { Asking } from '../core/request'
import { Announced } from './Announced'
import { Answers, Approve } from './Answers'
import type { Ctx } from './ctx'
import { Title } from './parts'
import { CompanyHead, Direction, Facts, RequestHeader, RequestPage } from './requestParts'
import { Sealed } from './Sealed'

/** The request, drawn from the statement that the proof binds and from nothing else. */
export function Request({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { statement } = state.request.view
  if (statement.call) return <Announced ctx={ctx} state={state} call={statement.call} />
  if (statement.recipient) return <Sealed ctx={ctx} state={state} recipient={statement.recipient} />
  return <Check ctx={ctx} state={state} />
}

function Check({ ctx, state }: { ctx: Ctx; state: Asking }) {
  const { m } = ctx
  const { statement } = state.request.view
  const eligibility = statement.kind === 'eligibility'
  const title = eligibility ? m.invited.requestTitle : m.request.title
  const sub = eligibility ? m.invited.approveSub : statement.direction === 'inbound' ? m.request.approveInbound : m.request.approveOutbound
  return (
    <>
      <RequestHeader ctx={ctx} />
      <RequestPage state={state} label={title}>
        <CompanyHead ctx={ctx} state={state} />
        <Direction ctx={ctx} state={state} />
        <Title>{title}</Title>
        <Facts ctx={ctx} state={state} />
      </RequestPage>
      <Answers ctx={ctx} state={state}>
        <Approve ctx={ctx} state={state} main={m.request.approve} sub={sub} />
      </Answers>
    </>
  )
}

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Ctx } from './ctx'
import { BackButton, Header, Spinner, Title, TroubleBox } from './parts'

type Page = ComponentType<{ ctx: Ctx }>

/** A page whose code is fetched when it is first opened: it is not needed to read a request. */
export function later(load: () => Promise<Page>): Page {
  let page: Page | null = null
  return function Later({ ctx }) {
    const [failed, fail] = useState(false)
    const [, there] = useState(page !== null)
    useEffect(() => {
      let shown = true
      if (page === null) {
        load().then(
          (loaded) => {
            page = loaded
            if (shown) there(true)
          },
          () => shown && fail(true),
        )
      }
      return () => {
        shown = false
      }
    }, [])
    if (page !== null) {
      const Loaded = page
      return <Loaded ctx={ctx} />
    }
    return (
      <>
        <Header ctx={ctx}>
          <BackButton ctx={ctx} />
        </Header>
        <main class="page" data-testid="loading">
          {failed ? (
            <TroubleBox ctx={ctx} code="offline" level={1} />
          ) : (
            <div class="centre">
              <Spinner />
              <Title quiet>{ctx.m.loading}</Title>
            </div>
          )}
        </main>
      </>
    )
  }
}

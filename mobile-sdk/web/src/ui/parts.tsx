import { BrandMark, Seal } from '@honnin/kit/icons'
import { Fragment, type ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { troubleFor } from '../i18n/index'
import { phrases } from './breaks'
import type { Ctx } from './ctx'

/** The strip at the top: brand at the left, a page's own links at the right. */
export function Header({ ctx, children }: { ctx: Ctx; children?: ComponentChildren }) {
  return (
    <header class="top">
      <span class="brand">
        <BrandMark size={24} />
        <span>{ctx.m.appName}</span>
      </span>
      <span class="top-right">{children}</span>
    </header>
  )
}

export function LanguageButton({ ctx }: { ctx: Ctx }) {
  const other = ctx.lang === 'ja' ? 'en' : 'ja'
  return (
    <button type="button" class="link" lang={other} data-testid="language" onClick={() => ctx.act.setLang(other)}>
      {ctx.m.otherLanguage}
    </button>
  )
}

export function BackButton({ ctx }: { ctx: Ctx }) {
  return (
    <button type="button" class="link" data-testid="back" onClick={() => ctx.act.go({ name: 'home' })}>
      {ctx.m.back}
    </button>
  )
}

/** A view's heading. It takes the focus when its view comes up, so that a screen reader starts there. */
export function Title({ children, quiet }: { children: ComponentChildren; quiet?: boolean }) {
  const ref = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!quiet) ref.current?.focus({ preventScroll: true })
  }, [])
  return (
    <h1 ref={ref} tabIndex={-1} data-testid="title">
      {children}
    </h1>
  )
}

/** What went wrong and what to do, by its code. */
export function TroubleBox({ ctx, code, level = 2 }: { ctx: Ctx; code: string; level?: 1 | 2 }) {
  const known = troubleFor(code)
  const trouble = ctx.m.troubles[known]
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <div class="trouble" data-testid="trouble" data-code={known}>
      <Heading>{trouble.title}</Heading>
      <p>{trouble.text}</p>
    </div>
  )
}

/** The company's sign: its name's first character, as no image from outside is loaded. */
export function Avatar({ name }: { name: string }) {
  return (
    <span class="avatar" aria-hidden="true">
      {Array.from(name)[0]}
    </span>
  )
}

/** Work under way: an open ring that stands still, as nothing here moves without end. */
export function Spinner() {
  return <Seal shape="open" size={20} />
}

/** A button's words: in Japanese they break between phrases alone (see `.btn`). */
export function Label({ ctx, children }: { ctx: Ctx; children: string }) {
  const parts = phrases(children, ctx.lang)
  return (
    <span>
      {parts.map((part, i) => (
        <Fragment key={i}>
          {i > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  )
}

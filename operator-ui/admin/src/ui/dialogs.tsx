import type { ComponentChildren, JSX, TargetedSubmitEvent } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDeed, useOffice } from "./context.ts";
import { Copyable, Fault, Field } from "./parts.tsx";

/** A modal window of the platform: it holds the focus, Escape closes it, and focus returns to what opened it. */
export function Dialog(props: { title: string; onClose: () => void; testid?: string; children: ComponentChildren }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const close = useRef(props.onClose);
  close.current = props.onClose;
  useLayoutEffect(() => {
    const dialog = box.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-labelledby={id}
      data-testid={props.testid}
      onCancel={(event) => {
        event.preventDefault();
        close.current();
      }}
    >
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** A form in a dialog: saves through `deed`, closes itself when that succeeded. */
export function FormDialog(props: { title: string; testid: string; submit: string; danger?: boolean; ready?: boolean; deed: () => Promise<void>; onClose: () => void; onDone?: () => void; children: ComponentChildren }): JSX.Element {
  const t = useOffice().texts.value;
  const deed = useDeed();
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (props.ready === false) return;
    if (!(await deed.run(props.deed))) return;
    props.onClose();
    props.onDone?.();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose} testid={props.testid}>
      <form class="form" noValidate autocomplete="off" onSubmit={(event) => void submit(event)}>
        {props.children}
        <Fault failure={deed.failure} />
        <div class="buttons">
          <button type="button" class="btn" data-testid="dialog-cancel" onClick={props.onClose}>
            {t.common.cancel}
          </button>
          <button type="submit" class={`btn ${props.danger ? "btn-danger" : "btn-primary"}`} data-testid="dialog-submit" disabled={deed.busy || props.ready === false}>
            {deed.busy ? t.busy : props.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks before something that is hard to take back; with `typed`, only after that very text was typed. */
export function Confirm(props: { title: string; note: string; submit: string; typed?: string; typedLabel?: string; deed: () => Promise<void>; onClose: () => void; onDone?: () => void; children?: ComponentChildren }): JSX.Element {
  const t = useOffice().texts.value;
  const [entered, setEntered] = useState("");
  return (
    <FormDialog
      title={props.title}
      testid="confirm"
      submit={props.submit}
      danger
      ready={props.typed === undefined || entered === props.typed}
      deed={props.deed}
      onClose={props.onClose}
      {...(props.onDone === undefined ? {} : { onDone: props.onDone })}
    >
      <p>{props.note}</p>
      {props.children}
      {props.typed !== undefined && <Field label={props.typedLabel ?? t.common.typeTo(props.typed)} value={entered} onValue={setEntered} testid="typed" />}
    </FormDialog>
  );
}

/** A secret that is shown this once: it lives in this window and nowhere else. */
export function Once(props: { title: string; label: string; note: string; value: string; onClose: () => void }): JSX.Element {
  const t = useOffice().texts.value;
  return (
    <Dialog title={props.title} onClose={props.onClose} testid="once">
      <p class="warn-box">
        <strong>{t.common.onceTitle}</strong>
        <br />
        {props.note}
      </p>
      <Copyable label={props.label} value={props.value} testid="once-value" />
      <div class="buttons">
        <button type="button" class="btn btn-primary" data-testid="once-done" onClick={props.onClose}>
          {t.common.onceDone}
        </button>
      </div>
    </Dialog>
  );
}

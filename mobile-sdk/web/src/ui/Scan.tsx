import { useEffect, useRef, useState } from 'preact/hooks'
import type { Ctx } from './ctx'
import { Label } from './parts'

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>
}
type DetectorClass = new (options: { formats: string[] }) => Detector

/** The browser's own QR reader, where it has one. */
export function detectorClass(): DetectorClass | null {
  return (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector ?? null
}

/** Looks for an enrolment link through the camera; the camera stops with the view. */
export function Scan({ ctx, found, stop }: { ctx: Ctx; found: (text: string) => void; stop: () => void }) {
  const video = useRef<HTMLVideoElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let stream: MediaStream | null = null
    let over = false
    const run = async () => {
      const Class = detectorClass()
      if (!Class || !video.current) throw new Error('no detector')
      const detector = new Class({ formats: ['qr_code'] })
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      if (over || !video.current) return stream.getTracks().forEach((t) => t.stop())
      video.current.srcObject = stream
      await video.current.play()
      const look = async () => {
        if (over || !video.current) return
        const hit = (await detector.detect(video.current))[0]
        if (hit && !over) found(hit.rawValue)
        else requestAnimationFrame(() => void look().catch(() => setFailed(true)))
      }
      await look()
    }
    run().catch(() => setFailed(true))
    return () => {
      over = true
      stream?.getTracks().forEach((t) => t.stop())
    }
  }, [])
  const { m } = ctx
  return (
    <div class="scan">
      <p role={failed ? 'alert' : 'status'}>{failed ? m.welcome.scanFailed : m.welcome.scanning}</p>
      {!failed && <video ref={video} muted playsInline aria-hidden="true" />}
      <button type="button" class="btn wide" onClick={stop}>
        <Label ctx={ctx}>{m.welcome.stopScan}</Label>
      </button>
    </div>
  )
}

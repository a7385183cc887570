// A login link carries the token behind '#', which browsers never send: hand it over by POST and forget it.
const token = new URLSearchParams(location.hash.slice(1)).get('token')
if (token) {
  history.replaceState(null, '', location.pathname + location.search)
  const answer = await fetch('/login', { method: 'POST', body: new URLSearchParams({ token }), redirect: 'manual' })
  if (answer.type === 'opaqueredirect') location.replace('/')
  else document.getElementById('refused')?.removeAttribute('hidden')
}
const copy = document.getElementById('copy')
copy?.addEventListener('click', async () => {
  await navigator.clipboard.writeText(document.getElementById('link').textContent.trim())
  document.getElementById('copied').hidden = false
})

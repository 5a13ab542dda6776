// What makes the pages nicer where scripts run. Nothing here is needed to book: without it every link and form works.
(() => {
  "use strict"

  /** Say `text` to a screen reader, once. */
  const announce = (text) => {
    const region = document.getElementById("announcer")
    if (region) region.textContent = text
  }

  // A form that was sent is not sent again by a second press. Coming back by the browser's history frees it. One that
  // saves a file leaves the page where it is, and may be sent again.
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (form.method !== "post" || "saves" in form.dataset) return
    if (form.dataset.sent) event.preventDefault()
    else form.dataset.sent = "yes"
  })
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent
  })

  // A link that is called a button is pressed like one: by Space too.
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches("a[role='button']")) return
    event.preventDefault()
    event.target.click()
  })

  // The list of what went wrong takes the focus, so that it is read first.
  const summary = document.querySelector("[data-module='nhsuk-error-summary']:not([data-disable-auto-focus='true'])")
  if (summary) {
    summary.tabIndex = -1
    summary.focus()
  }

  // A hold counts down. The clock on the page is moved by how far the visitor's clock is from the server's.
  const showHold = (hold) => {
    const until = Date.parse(hold.dataset.until)
    const ahead = Date.now() - Date.parse(hold.dataset.now)
    const output = hold.querySelector("[data-left]")
    let minutesSaid = null
    const tick = () => {
      const seconds = Math.max(0, Math.floor((until - (Date.now() - ahead)) / 1000))
      const minutes = Math.floor(seconds / 60)
      const words = hold.dataset.words.replace("{minutes}", minutes).replace("{seconds}", String(seconds % 60).padStart(2, "0"))
      output.textContent = seconds > 0 ? words : hold.dataset.over
      if (minutes !== minutesSaid) {
        if (minutesSaid !== null) announce(output.textContent)
        minutesSaid = minutes
      }
      if (seconds === 0) {
        clearInterval(timer)
        for (const button of document.querySelectorAll("[data-needs-hold]")) button.disabled = true
      }
    }
    const timer = setInterval(tick, 1000)
    tick()
  }
  document.querySelectorAll("[data-until]").forEach(showHold)

  // At the desk a scanner types, and ends with Enter. After the code comes the document; what is scanned once more takes
  // the place of what stands there.
  const checkIn = document.querySelector("form[data-check-in]")
  if (checkIn) {
    const { code, document_number: number } = checkIn.elements
    const next = checkIn.querySelector("[autofocus]")
    next.addEventListener("focus", () => next.select())
    if (next === document.activeElement) next.select()
    // An address that names a part of the page takes the focus away, and the next scan would go nowhere.
    if (location.hash) {
      window.addEventListener("load", () => requestAnimationFrame(() => next.focus({ preventScroll: true })))
    }
    code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !code.value.trim()) return
      event.preventDefault()
      number.focus()
      number.select()
    })
  }

  // The browser's own way to print is there without scripts too; this only leads to it.
  for (const offer of document.querySelectorAll("[data-print]")) {
    offer.hidden = false
    offer.querySelector("button").addEventListener("click", () => window.print())
  }

  // A choice in the search counts at once; words count when they are sent.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-search]")
    if (form && event.target.name !== "text") form.requestSubmit()
  })

  // The search leaves empty fields out of the address, and says how much it found.
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters } = event.detail
    for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name)
  })
  document.addEventListener("htmx:afterSettle", () => {
    const found = document.querySelector("[data-found]")
    if (found) announce(found.textContent.trim())
  })
})()

// Signing in where scripts run: passkeys, and the work that a browser does while signing in is under attack.
// Without it a code is the way, and the pages say so.
(() => {
  "use strict"

  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0))
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
  const withId = (known) => ({ ...known, id: toBytes(known.id) })

  /** Post `content` to the server and return its answer; an answer that is a refusal is thrown, in words. */
  const ask = async (address, content) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
      credentials: "same-origin",
      redirect: "error",
    })
    const told = await answer.json()
    if (!answer.ok) throw new Error(told.problem)
    return told
  }

  /** Return a credential as the JSON that the W3C gives it; older browsers have no toJSON. */
  const asJson = ({ id, rawId, type, response }) => {
    const said = { clientDataJSON: toText(response.clientDataJSON) }
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) said[name] = toText(response[name])
    }
    return JSON.stringify({ id, rawId: toText(rawId), type, response: said })
  }

  const show = (place, words) => {
    place.querySelector("[data-passkey-problem]").textContent = words
  }

  /** Say why nothing came of it. What the browser itself says is not in the page's language. */
  const tell = (place, error) => {
    if (error.name !== "AbortError") show(place, error instanceof DOMException || !error.message ? place.dataset.failed : error.message)
  }

  // --- signing in ---
  const signIn = async (place, more) => {
    const { csrf, next, passkeySignIn: address } = place.dataset
    const begun = await ask(`${address}/options`, { csrf })
    const publicKey = { ...begun.options, challenge: toBytes(begun.options.challenge), allowCredentials: [] }
    const credential = await navigator.credentials.get({ publicKey, ...more })
    const { location: onwards } = await ask(address, { csrf, next, id: begun.id, credential: asJson(credential) })
    location.assign(onwards)
  }

  // A challenge holds for five minutes, so a page that waits for a passkey to be picked asks anew before that.
  const RENEW_MILLISECONDS = 240_000
  const offer = (place) => {
    let waiting = new AbortController()
    const wait = async () => {
      waiting = new AbortController()
      const renewed = setTimeout(() => {
        waiting.abort()
        wait()
      }, RENEW_MILLISECONDS)
      try {
        await signIn(place, { mediation: "conditional", signal: waiting.signal })
      } catch (error) {
        // Nobody pressed anything yet: what the browser cannot do by itself is not a problem of his.
        if (!(error instanceof DOMException)) tell(place, error)
      } finally {
        clearTimeout(renewed)
      }
    }
    place.hidden = false
    place.querySelector("[data-passkey-start]").addEventListener("click", () => {
      waiting.abort()
      show(place, "")
      signIn(place, {}).catch((error) => tell(place, error))
    })
    if (document.querySelector("input[autocomplete~='webauthn']")) {
      PublicKeyCredential.isConditionalMediationAvailable?.().then((available) => available && wait())
    }
  }

  // --- adding one ---
  const add = async (form) => {
    const { csrf } = form.dataset
    const address = form.getAttribute("action")
    const begun = await ask(`${address}/options`, { csrf })
    const { options } = begun
    const publicKey = {
      ...options,
      challenge: toBytes(options.challenge),
      user: withId(options.user),
      excludeCredentials: (options.excludeCredentials ?? []).map(withId),
    }
    const credential = await navigator.credentials.create({ publicKey })
    const name = form.elements.name.value
    const { location: onwards } = await ask(address, { csrf, name, id: begun.id, credential: asJson(credential) })
    location.assign(onwards)
  }

  // A passkey belongs to a name: there is none for a site that is reached by its number.
  const hasName = !/^[\d.]+$|^\[/.test(location.hostname)
  if (window.PublicKeyCredential && window.isSecureContext && hasName) {
    document.querySelectorAll("[data-passkey-sign-in]").forEach(offer)
    for (const form of document.querySelectorAll("form[data-passkey-add]")) {
      form.hidden = false
      document.querySelectorAll("[data-passkey-missing]").forEach((words) => words.remove())
      form.addEventListener("submit", (event) => {
        event.preventDefault()
        event.stopPropagation()
        show(form, "")
        if (!form.elements.name.value.trim()) {
          show(form, form.dataset.unnamed)
          form.elements.name.focus()
          return
        }
        add(form).catch((error) => tell(form, error))
      })
    }
  }

  // --- work: ALTCHA, version 2 (PBKDF2), with the browser's own cryptography ---
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16))
  const solve = async (challenge) => {
    const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters
    const password = new Uint8Array([...fromHex(nonce), 0, 0, 0, 0])
    const counted = new DataView(password.buffer, password.length - 4)
    const how = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations: cost }
    for (let counter = 0; ; counter++) {
      counted.setUint32(0, counter)
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"])
      const derivedKey = hex(await crypto.subtle.deriveBits(how, key, keyLength * 8))
      if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }))
    }
  }

  for (const field of document.querySelectorAll("input[data-work]")) {
    const { form } = field
    const words = form.querySelector("[data-work-words]")
    if (!window.crypto?.subtle) continue
    const done = solve(JSON.parse(field.dataset.work)).then((proof) => {
      field.value = proof
      words.textContent = words.dataset.done
    })
    // A form that is sent earlier waits for the work, and is then sent by itself.
    form.addEventListener("submit", (event) => {
      if (field.value) return
      event.preventDefault()
      event.stopPropagation()
      words.textContent = words.dataset.doing
      done.then(() => form.requestSubmit())
    })
  }
})()

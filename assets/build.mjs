// Builds what the pages are served with, from the packages that package-lock.json pins: the same bytes each time.
//
//   node assets/build.mjs           writes src/firsthand/channels/web/static/
//   node assets/build.mjs --check   writes nothing, and fails when the committed files differ

import { readFileSync, mkdirSync, writeFileSync, existsSync, readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as sass from "sass"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const served = "src/firsthand/channels/web/static"
const source = (...parts) => readFileSync(join(root, ...parts))
const modules = (...parts) => source("node_modules", ...parts)
const font = ["@fontsource-variable", "atkinson-hyperlegible-next"]

/** The style sheet: the NHS components under this project's own settings, and its own parts. */
function styleSheet() {
  const { css } = sass.compile(join(root, "assets", "firsthand.scss"), {
    loadPaths: [join(root, "node_modules")],
    style: "compressed",
    quietDeps: true,
    charset: false,
  })
  return Buffer.from(`${css}\n`)
}

/** The script: htmx as it is published, then the pages' own lines. */
function script() {
  return Buffer.concat([modules("htmx.org", "dist", "htmx.min.js"), Buffer.from("\n"), source("assets", "firsthand.js")])
}

// By path in the repository. The last is no part of what is served: the journeys examine every page with it.
const built = new Map([
  [`${served}/firsthand.css`, styleSheet()],
  [`${served}/firsthand.js`, script()],
  [`${served}/passkey.js`, source("assets", "passkey.js")],
  [`${served}/mark.svg`, source("assets", "mark.svg")],
  [`${served}/images/nhsuk-icon-cross.svg`, modules("nhsuk-frontend", "dist", "nhsuk", "assets", "images", "nhsuk-icon-cross.svg")],
  [`${served}/fonts/atkinson-hyperlegible-next.woff2`, modules(...font, "files", "atkinson-hyperlegible-next-latin-wght-normal.woff2")],
  [`${served}/fonts/LICENSE.txt`, modules(...font, "LICENSE")],
  [`${served}/LICENSES.txt`, source("assets", "LICENSES.txt")],
  ["tests/journeys/axe.min.js", modules("axe-core", "axe.min.js")],
])

/** Every file below `folder`, by its path in the repository, with forward slashes. */
function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(root, path)).isFile())
    .map((path) => path.split("\\").join("/"))
}

if (process.argv.includes("--check")) {
  const wrong = [...built]
    .filter(([path, bytes]) => !existsSync(join(root, path)) || !readFileSync(join(root, path)).equals(bytes))
    .map(([path]) => `${path} is not what its sources give`)
  const strays = filesBelow(served).filter((path) => !built.has(path)).map((path) => `${path} is built from nothing`)
  for (const line of [...wrong, ...strays]) console.error(line)
  if (wrong.length + strays.length > 0) {
    console.error("Run `make assets` and commit what it wrote.")
    process.exit(1)
  }
  console.log(`${built.size} built files are what their sources give.`)
} else {
  for (const [path, bytes] of built) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
    console.log(`${path.padEnd(80)} ${String(bytes.length).padStart(8)} bytes`)
  }
}

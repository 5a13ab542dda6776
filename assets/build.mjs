// Builds what the pages are served with, from the packages that package-lock.json pins: the same bytes each time.
//
//   node assets/build.mjs           writes src/firsthand/channels/web/static/
//   node assets/build.mjs --check   writes nothing, and fails when the committed files differ

import { readFileSync, mkdirSync, writeFileSync, existsSync, readdirSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import * as sass from "sass"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, "src", "firsthand", "channels", "web", "static")
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

const built = new Map([
  ["firsthand.css", styleSheet()],
  ["firsthand.js", script()],
  ["mark.svg", source("assets", "mark.svg")],
  ["fonts/atkinson-hyperlegible-next.woff2", modules(...font, "files", "atkinson-hyperlegible-next-latin-wght-normal.woff2")],
  ["fonts/LICENSE.txt", modules(...font, "LICENSE")],
  ["LICENSES.txt", source("assets", "LICENSES.txt")],
])

/** Every file below `folder`, by its path relative to it, with forward slashes. */
function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => relative(folder, join(folder, name)).split("\\").join("/"))
}

if (process.argv.includes("--check")) {
  const wrong = [...built].filter(([name, bytes]) => {
    const path = join(target, name)
    return !existsSync(path) || !readFileSync(path).equals(bytes)
  }).map(([name]) => `${name} is not what its sources give`)
  const strays = filesBelow(target).filter((name) => !built.has(name)).map((name) => `${name} is built from nothing`)
  for (const line of [...wrong, ...strays]) console.error(line)
  if (wrong.length + strays.length > 0) {
    console.error("Run `make assets` and commit src/firsthand/channels/web/static.")
    process.exit(1)
  }
  console.log(`${built.size} built files are what their sources give.`)
} else {
  for (const [name, bytes] of built) {
    const path = join(target, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    console.log(`${name.padEnd(44)} ${bytes.length} bytes`)
  }
}

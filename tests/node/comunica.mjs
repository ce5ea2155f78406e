// Runs SELECT queries with Comunica; prints the rows of each, terms as text. Arguments: source, queries.
import { QueryEngine } from "@comunica/query-sparql";

const [source, ...queries] = process.argv.slice(2);
const [type, value] = source.startsWith("sparql@") ? ["sparql", source.slice(7)] : ["qpf", source];
const engine = new QueryEngine();
const answers = [];
for (const query of queries) {
  const stream = await engine.queryBindings(query, { sources: [{ type, value }] });
  const rows = await stream.toArray();
  answers.push(rows.map((row) => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value]))));
}
console.log("\n" + JSON.stringify(answers));

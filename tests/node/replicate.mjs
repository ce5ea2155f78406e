// Replicates an event stream with ldes-client; prints how often each member came. Arguments: address, state folder.
import { replicateLDES } from "ldes-client";

const [url, statePath] = process.argv.slice(2);
const reader = replicateLDES({ url, statePath }).stream().getReader();
const seen = {};
for (;;) {
  const { done, value } = await reader.read();
  if (done) break;
  seen[value.id.value] = (seen[value.id.value] ?? 0) + 1;
}
console.log("\n" + JSON.stringify(seen));

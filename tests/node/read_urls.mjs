// Reads URLs as a browser does (the URL Standard): a list on standard input; of each [host, port, path and query].
import { readFileSync } from "node:fs";

const read = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  const url = new URL(text);
  return [url.hostname, url.port, url.pathname + url.search];
});
console.log(JSON.stringify(read));

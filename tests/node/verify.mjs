// Verifies webhooks as a merchant would, by the package of the standard: a list of {secret, headers, body}
// on standard input, and what became of each on standard output.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const verified = JSON.parse(readFileSync(0, "utf8")).map(({ secret, headers, body }) => {
  try {
    return { payload: new Webhook(secret).verify(body, headers) };
  } catch (error) {
    return { refused: error.name };
  }
});
console.log(JSON.stringify(verified));

// Reads an AsyncAPI document on standard input, and prints what its parser finds wrong with it, and what it read.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(readFileSync(0, 'utf8'));
const operations = document?.allOperations().all() ?? [];
console.log(JSON.stringify({
  diagnostics: diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path, message })),
  operations: operations.map((one) => ({
    id: one.id(),
    action: one.action(),
    channels: one.channels().all().map((channel) => channel.address()),
    messages: one.messages().all().map((message) => message.id()),
  })),
}));

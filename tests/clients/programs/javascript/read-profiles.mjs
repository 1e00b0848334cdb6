// Answers each line of standard input, {"credentials": text in base64} or {"config": …}, with the profiles that the
// SDK reads in such a file, for as long as there are lines.
import { createInterface } from "node:readline";
import { externalDataInterceptor, loadSharedConfigFiles } from "@smithy/shared-ini-file-loader";

// The loader reads what is held out to it here as it would a file of this name.
const where = { filepath: "/credentials", configFilepath: "/config", ignoreCache: true };
const text = (base64) => Buffer.from(base64 ?? "", "base64").toString("utf8");

for await (const line of createInterface({ input: process.stdin })) {
  const { credentials, config } = JSON.parse(line);
  externalDataInterceptor.interceptFile(where.filepath, text(credentials));
  externalDataInterceptor.interceptFile(where.configFilepath, text(config));
  const files = await loadSharedConfigFiles(where);
  process.stdout.write(JSON.stringify(config === undefined ? files.credentialsFile : files.configFile) + "\n");
}

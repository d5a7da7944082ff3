import { App } from "aws-cdk-lib";
import { readSettings, settingsKey } from "./settings.ts";
import { addStacks } from "./stacks.ts";

const app = new App({ analyticsReporting: false });
addStacks(app, readSettings(app.node.tryGetContext(settingsKey)));
app.synth();

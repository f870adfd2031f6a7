// English texts, by part of the window.
import { app } from './app';
import { bank } from './bank';
import { causes } from './causes';
import { commands } from './commands';
import { connections } from './connections';
import { events } from './events';
import { evidence } from './evidence';
import { maintenance } from './maintenance';
import { notebook } from './notebook';
import { processes } from './processes';
import { projections } from './projections';
import { shared } from './shared';
import { stage } from './stage';
import { story } from './story';
import { streams } from './streams';
import { time } from './time';
import { welcome } from './welcome';
import { whatif } from './whatif';

export const en = {
  app,
  bank,
  causes,
  commands,
  connections,
  events,
  evidence,
  maintenance,
  notebook,
  processes,
  projections,
  shared,
  stage,
  story,
  streams,
  time,
  welcome,
  whatif,
} as const;

/** The same names with texts in another language. */
export type Translated<A> = { readonly [K in keyof A]: string };

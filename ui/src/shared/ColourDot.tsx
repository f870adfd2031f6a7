import type { ConnectionColour } from '../platform/wire';
import s from './ColourDot.module.css';

/** The colour of an environment, beside its name. */
export function ColourDot({ colour }: { colour: ConnectionColour }) {
  return <span className={`${s.dot} ${s[colour]}`} aria-hidden="true" />;
}

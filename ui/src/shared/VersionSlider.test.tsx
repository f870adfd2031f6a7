import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { VersionSlider } from './VersionSlider';

it('tells the exact version and moves by exactly one, at the end of 64 bits too', async () => {
  const max = 9_223_372_036_854_775_807n;
  const value = max - 2n;
  const moves: bigint[] = [];
  render(
    <VersionSlider label="Version" value={value} max={max} onChange={(next) => moves.push(next)} testId="scrubber" />,
  );
  const slider = screen.getByRole('slider');
  expect(slider.getAttribute('aria-valuetext')).toBe('version 9223372036854775805 of 9223372036854775807');
  expect(slider.getAttribute('aria-valuenow'), 'not rounded').toBe('9223372036854775805');
  expect(slider.getAttribute('aria-valuemax')).toBe('9223372036854775807');
  slider.focus();
  await userEvent.keyboard('{ArrowRight}{ArrowLeft}');
  expect(moves).toEqual([value + 1n, value - 1n]);
});

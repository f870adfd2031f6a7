import { act, render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { type Column, VirtualGrid } from './VirtualGrid';

interface Row {
  id: string;
}

const nextFrame = () => act(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** A grid of a million rows that counts how often each of them is drawn. */
function counted() {
  const drawn = new Map<string, number>();
  const rows = new Map<bigint, Row>();
  const rowAt = (index: bigint): Row => {
    const row = rows.get(index) ?? { id: String(index) };
    rows.set(index, row);
    return row;
  };
  const columns: Column<Row>[] = [
    {
      id: 'id',
      header: 'Id',
      width: '1fr',
      render: ({ id }) => {
        drawn.set(id, (drawn.get(id) ?? 0) + 1);
        return id;
      },
    },
  ];
  const windows: [bigint, bigint][] = [];
  render(
    <VirtualGrid<Row>
      label="Rows"
      columns={columns}
      rows={1_000_000n}
      rowAt={rowAt}
      rowId={(row) => row.id}
      onWindow={(first, end) => windows.push([first, end])}
    />,
  );
  const turn = (pixels: number) =>
    screen
      .getByRole('grid')
      .querySelector('[tabindex="-1"][role="rowgroup"]')
      ?.dispatchEvent(new WheelEvent('wheel', { deltaY: pixels, bubbles: true, cancelable: true }));
  return { drawn, windows, turn };
}

it('draws only the rows that come when the wheel is turned', async () => {
  const { drawn, turn } = counted();
  const before = new Map(drawn);
  for (let notch = 0; notch < 5; notch += 1) {
    act(() => void turn(120));
    await nextFrame();
  }
  expect(drawn.get('25'), 'a row that came is drawn').toBeGreaterThan(0);
  const again = [...before].filter(([id, times]) => (drawn.get(id) ?? 0) > times);
  expect(again, 'a row that only moved is not drawn again').toEqual([]);
});

it('moves once a frame, by all that the wheel was turned meanwhile', async () => {
  const { windows, turn } = counted();
  const asked = windows.length;
  for (let notch = 0; notch < 40; notch += 1) act(() => void turn(30));
  await nextFrame();
  expect(windows.length - asked, 'forty turns within a frame are one movement').toBe(1);
  expect(windows.at(-1)?.[0], 'and none of them is lost').toBe(40n);
});

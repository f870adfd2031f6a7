import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { newCache } from '../app/cache';
import { Providers } from '../app/Providers';
import { places } from '../app/place';
import { go } from '../app/router';
import { changeSettings } from '../app/settings';
import type { CommandInfo, CommandRequest } from '../platform/wire';
import { fromMinor } from '../shared/form/money';
import { fieldId } from '../shared/form/SchemaForm';
import { type Field, readSchema } from '../shared/form/schema';
import { CommandForm } from '../views/commands/CommandForm';
import german from './fake/commands.de.json';
import english from './fake/commands.json';
import { FakePlatform } from './fake/fakePlatform';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inputOf = (path: string): HTMLElement => {
  const found = screen.getAllByTestId(fieldId(path))[0];
  if (found === undefined) throw new Error(`no field at ${path}`);
  return found.matches('input, textarea') ? found : within(found).getByRole('textbox');
};

async function write(user: UserEvent, input: HTMLElement, text: string): Promise<void> {
  await user.clear(input);
  await user.click(input);
  await user.paste(text);
}

/** Fills a field as a person does: with keys and clicks, in what the form shows. */
async function fill(user: UserEvent, field: Field, value: Json | undefined, path: string): Promise<void> {
  if (value === undefined) return;
  switch (field.kind) {
    case 'object':
      for (const member of field.members) {
        await fill(user, member.field, isObject(value) ? value[member.name] : undefined, `${path}/${member.name}`);
      }
      return;
    case 'money': {
      const { minor, currency } = value as { minor: string; currency: string };
      await write(user, screen.getByTestId(`${fieldId(path)}.currency`), currency);
      await write(user, inputOf(path), fromMinor(minor, currency));
      return;
    }
    case 'list': {
      const items = value as Json[];
      for (let count = field.minimum; count < items.length; count += 1) {
        await user.click(screen.getByTestId(`${fieldId(path)}.add`));
      }
      for (const [index, item] of items.entries()) await fill(user, field.item, item, `${path}/${index}`);
      return;
    }
    case 'boolean':
      if (value === true) await user.click(screen.getByTestId(fieldId(path)));
      return;
    case 'choice': {
      const input = inputOf(path);
      await user.click(input);
      const label = field.choices.find((choice) => choice.value === value)?.label ?? '';
      const list = await waitFor(() => {
        const found = document.getElementById(input.getAttribute('aria-controls') ?? '');
        if (found === null) throw new Error(`${path} offers nothing`);
        return found;
      });
      const options = within(list).getAllByRole('option', { hidden: true });
      const option = options.find((one) => one.getAttribute('value') === value || one.textContent?.startsWith(label));
      if (option === undefined) throw new Error(`${path}: ${label} is not offered`);
      await user.click(option);
      return;
    }
    default:
      await write(user, inputOf(path), String(value));
      await user.keyboard('{Escape}');
  }
}

type Told = (typeof english)[number];

const info = (command: Told): CommandInfo => ({
  commandType: command.commandType,
  category: command.category,
  title: command.title,
  description: command.description,
  schema: JSON.stringify(command.schema),
  example: JSON.stringify(command.example),
});

function examplesOf(command: Told): Json[] {
  const all = [...((command.schema as { examples?: Json[] }).examples ?? []), command.example as Json];
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

describe.each([
  ['en', english],
  ['de', german as unknown as typeof english],
] as const)('every command of the bank is filled in from its form alone (%s)', (language, catalogue) => {
  beforeEach(() => changeSettings({ language }));

  it.each(catalogue.map((command) => [command.commandType, command] as const))('%s', async (_, command) => {
    const field = readSchema(JSON.stringify(command.schema));
    if (field === null) throw new Error('no object schema');
    for (const example of examplesOf(command)) {
      const fake = new FakePlatform({ events: 40 });
      go(places.commands(command.commandType));
      const view = render(
        <Providers platform={fake.platform()} cache={newCache()} env="test">
          <CommandForm command={info(command)} prefill={null} readOnly={false} />
        </Providers>,
      );
      const user = userEvent.setup({ delay: null });
      await fill(user, field, example, '');
      await user.click(screen.getByTestId('dry-run'));
      const sent = () => fake.calls.filter((call) => call.name === 'dryRun').map((call) => call.args[0]);
      await waitFor(() =>
        expect(sent(), screen.getByTestId('outcome').textContent ?? 'nothing was sent').toHaveLength(1),
      );
      expect(JSON.parse((sent()[0] as CommandRequest).payload), 'what was typed is what is sent').toEqual(example);
      view.unmount();
    }
  });

  it('ids of what commands make are thought up, and others are not', async () => {
    const made = catalogue.flatMap((command) => {
      const members = readSchema(JSON.stringify(command.schema))?.members ?? [];
      return members.filter(({ field }) => field.kind === 'text' && field.makesNew).map(({ name }) => [command, name]);
    }) as [Told, string][];
    expect(made.map(([command, name]) => `${command.commandType} ${name}`)).toEqual([
      'OpenAccount accountId',
      'PlaceHold holdId',
      'RequestTransfer transferId',
      'RegisterCustomer customerId',
      'QuoteRate quoteId',
      'CreateScheduledTransfer orderId',
      'CreateStandingOrder orderId',
    ]);
    for (const [command, name] of made) {
      const fake = new FakePlatform({ events: 40 });
      const view = render(
        <Providers platform={fake.platform()} cache={newCache()} env="test">
          <CommandForm command={info(command)} prefill={null} readOnly={false} />
        </Providers>,
      );
      const user = userEvent.setup({ delay: null });
      const id = () => (inputOf(`/${name}`) as HTMLInputElement).value;
      const example = (command.example as unknown as Record<string, string>)[name];
      const first = id();
      expect(first, command.commandType).not.toBe('');
      await user.click(screen.getByTestId('fill-example'));
      expect(id(), 'the example is never taken, its id is new').not.toBe(example);
      const second = id();
      expect(second).not.toBe('');
      await user.click(screen.getByTestId(`${fieldId(`/${name}`)}.new`));
      expect([first, second, example], 'and there is another one on demand').not.toContain(id());
      view.unmount();
    }
  });
});

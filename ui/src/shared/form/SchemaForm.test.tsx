import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { newCache } from '../../app/cache';
import { PlatformContext } from '../../app/PlatformContext';
import catalogue from '../../test/fake/commands.json';
import { FakePlatform } from '../../test/fake/fakePlatform';
import { formatExact, parseExact } from './exactJson';
import { type Filling, fillingOf, payloadOf, withNewIds } from './filling';
import { fieldId, SchemaForm } from './SchemaForm';
import { type Field, readSchema } from './schema';

function draw(schema: Extract<Field, { kind: 'object' }>, filling: Filling) {
  return render(
    <PlatformContext value={new FakePlatform({ events: 40 }).platform()}>
      <QueryClientProvider client={newCache()}>
        <MantineProvider env="test">
          <SchemaForm schema={schema} filling={filling} mistakes={new Map()} onChange={() => undefined} />
        </MantineProvider>
      </QueryClientProvider>
    </PlatformContext>,
  );
}

function hasJsonField(field: Field): boolean {
  if (field.kind === 'json') return true;
  if (field.kind === 'object') return field.members.some((member) => hasJsonField(member.field));
  return field.kind === 'list' && hasJsonField(field.item);
}

describe('forms of the bank’s commands', () => {
  it.each(catalogue.map((command) => [command.commandType, command] as const))('%s', (_, command) => {
    const schema = readSchema(JSON.stringify(command.schema));
    if (schema === null) throw new Error('no object schema');
    expect(hasJsonField(schema), 'every field has an input of its own').toBe(false);
    const example = JSON.stringify(command.example);
    const filling = fillingOf(schema, parseExact(example));
    draw(schema, filling);
    for (const { name, field } of schema.members) {
      if (field.kind !== 'list' && field.kind !== 'object') {
        expect(screen.getAllByTestId(fieldId(`/${name}`)).length, name).toBeGreaterThan(0);
      }
    }
    const { value, mistakes } = payloadOf(schema, filling);
    expect(mistakes).toEqual([]);
    expect(JSON.parse(formatExact(value ?? null)), 'what was filled in comes out again').toEqual(command.example);
  });
});

describe('a choice', () => {
  it('is labelled as its schema names it, and keeps its values', () => {
    const product = { type: 'string', enum: ['savings', 'current'], enumLabels: { savings: 'Sparkonto' } };
    const read = readSchema(JSON.stringify({ type: 'object', properties: { product } }));
    const field = read?.members[0]?.field;
    expect(field?.kind === 'choice' ? field.choices.map(({ value, label }) => [value, label]) : null).toEqual([
      ['savings', 'Sparkonto'],
      ['current', 'Current'],
    ]);
  });
});

describe('a form', () => {
  const transfer = catalogue.find((command) => command.commandType === 'RequestTransfer');
  const schema = readSchema(JSON.stringify(transfer?.schema));
  if (schema === null) throw new Error('no schema');

  it('says what is missing, by place', () => {
    const { mistakes } = payloadOf(schema, fillingOf(schema, undefined));
    expect(mistakes.map((one) => one.path)).toEqual(['/transferId', '/source', '/target', '/amount']);
  });

  it('thinks up the id of what is made, and no other', () => {
    const filling = withNewIds(schema, fillingOf(schema, undefined));
    expect(filling).toMatchObject({ transferId: expect.stringMatching(/^T-[0-9A-Z]{8}$/), source: '', target: '' });
  });

  it('sends exact minor units for the decimals that are typed', () => {
    const filling = {
      transferId: 'T-1',
      source: '1',
      target: '2',
      amount: { amount: '90,071,992,547,409.93', currency: 'EUR' },
      reference: '',
    };
    expect(payloadOf(schema, filling).value).toMatchObject({ amount: { minor: '9007199254740993', currency: 'EUR' } });
  });

  it('refuses nothing and less than nothing where more is needed', () => {
    for (const amount of ['0', '-5.00']) {
      const { mistakes } = payloadOf(schema, { amount: { amount, currency: 'EUR' } });
      expect(mistakes.find((one) => one.path === '/amount')?.message).toBe('must be more than zero');
    }
  });
});

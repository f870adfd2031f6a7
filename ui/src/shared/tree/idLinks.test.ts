import { describe, expect, it } from 'vitest';
import { places } from '../../app/place';
import { idLink } from './idLinks';

const ID = '6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11';
const of = (path: string, text: string | null, kind: 'string' | 'number' = 'string') =>
  idLink({ path, key: path.split('/').at(-1) ?? '', kind, text });

describe('an id within an event', () => {
  it.each([
    ['/accountId', '100234', places.account('100234')],
    ['/source', '100234', places.account('100234')],
    ['/accounts/0', '100234', places.account('100234')],
    ['/postings/1/account', 'account:100235', places.account('100235')],
    ['/customerId', 'C-1001', places.customers(null, 'C-1001')],
    ['/requestedBy', 'customer:C-1001', places.customers(null, 'C-1001')],
    ['/transferId', 'T-5001', places.transfers(null, 'T-5001')],
    ['/orderId', 'O-1', places.orders('O-1')],
    ['/of', 'account-100234', places.events({ stream: 'account-100234' })],
    ['/$correlationId', ID, places.events({ correlation: ID }, null, 'oldest')],
    ['/actor', 'teller:anna', places.audit('teller:anna')],
  ])('%s %s leads to its place', (path, text, to) => {
    expect(of(path, text)).toEqual({ to });
  });

  it('of an event is asked for', () => {
    expect(of('/$causationId', ID)).toEqual({ eventId: ID });
    expect(of('/originalEventId', ID)).toEqual({ eventId: ID });
  });

  it.each([
    ['/text', 'Transfer T-5001 sent'],
    ['/postings/0/account', 'gl:transfers-in-transit'],
    ['/entryId', ID],
    ['/accountId', ''],
    ['/accountId', '../../etc'],
    ['/$correlationId', 'not a uuid'],
    ['/0', '100234'],
  ])('%s %s is no link', (path, text) => {
    expect(of(path, text)).toBeNull();
  });

  it('that is a number is no link', () => {
    expect(of('/accountId', '100234', 'number')).toBeNull();
  });
});

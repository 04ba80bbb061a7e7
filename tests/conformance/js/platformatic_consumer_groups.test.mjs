// @platformatic/kafka as a member of groups of the consumer protocol (KIP-848), perhaps of a cluster
// whose nodes are killed meanwhile: GREGORD_ADDRESS may name several, parted by commas.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  Admin, Consumer, GroupProtocols, MessagesStreamModes, Producer, stringDeserializers, stringSerializers
} from '@platformatic/kafka'

const bootstrapBrokers = process.env.GREGORD_ADDRESS.split(',')
const replicas = bootstrapBrokers.length
const settings = { clientId: 'conformance', bootstrapBrokers, retries: 30, retryDelay: 200 }
const admin = new Admin(settings)
const open = new Set()
after(async () => {
  for (const each of open) await each.close()
  await admin.close()
})

const LOAD_MS = replicas > 1 ? 20000 : 2000

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

async function until (isTrue, what) {
  const deadline = Date.now() + 60000
  while (!await isTrue()) {
    assert.ok(Date.now() < deadline, `still not: ${what}`)
    await pause(50)
  }
}

/** A member that reads until it is closed. */
async function member (groupId, topic, remoteAssignor) {
  const consumer = new Consumer({
    ...settings, groupId, deserializers: stringDeserializers, groupProtocol: GroupProtocols.CONSUMER,
    sessionTimeout: 6000, rebalanceTimeout: 10000, maxWaitTime: 20, ...(remoteAssignor ? { groupRemoteAssignor: remoteAssignor } : {})
  })
  const state = { consumer, values: new Set(), stream: null }
  state.assigned = () => consumer.assignments?.find(each => each.topic === topic)?.partitions ?? []
  state.stream = await consumer.consume({
    topics: [topic], mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest', autocommit: 50
  })
  state.stream.on('data', message => state.values.add(message.value))
  state.stream.on('error', () => {})
  open.add(state)
  state.close = async () => {
    open.delete(state)
    await state.stream.close()
    await consumer.close(true)
  }
  return state
}

test('members share a topic under load, and the one that stays takes over', async () => {
  const topic = 'pf-consumers'
  // On a cluster it is there already: the kills wait for it.
  if (replicas === 1) await admin.createTopics({ topics: [topic], partitions: 4, replicas })
  const producer = new Producer({ ...settings, serializers: stringSerializers })
  const sent = new Set()
  async function produce () {
    const value = `v${sent.size}`
    await producer.send({ acks: -1, messages: [{ topic, key: 'k', value, partition: sent.size % 4 }] })
    sent.add(value)
  }

  const first = await member('pfc', topic)
  await until(() => first.assigned().length === 4, 'the first has all')
  const second = await member('pfc', topic)
  await until(() => first.assigned().length === 2 && second.assigned().length === 2, 'both have half')
  const end = Date.now() + LOAD_MS
  while (Date.now() < end) {
    // A send that is tried again may be there twice.
    try { await produce() } catch { await pause(200) }
    await pause(20)
  }
  await until(() => [...sent].every(each => first.values.has(each) || second.values.has(each)), 'all is read')
  await until(() => first.assigned().length === 2 && second.assigned().length === 2, 'both have half again')
  assert.equal(new Set([...first.assigned(), ...second.assigned()]).size, 4)

  await first.close()
  await until(() => second.assigned().length === 4, 'the second takes over')
  await until(async () => { try { await produce(); return true } catch { return false } }, 'one more is sent')
  await until(() => second.values.has(`v${sent.size - 1}`), 'it goes on')
  await second.close()
  await producer.close()
})

test('the group chooses the assignor, and is listed as what it is', async () => {
  const topic = 'pf-ranges'
  await admin.createTopics({ topics: [topic], partitions: 3, replicas })
  const only = await member('pfr', topic, 'range')
  await until(() => only.assigned().length === 3, 'it has all')
  const listed = await admin.listGroups({ types: ['consumer'] })
  assert.ok([...listed.keys()].includes('pfr'))
  await only.close()
  await until(async () => {
    try { await admin.deleteGroups({ groups: ['pfr'] }); return true } catch { return false }
  }, 'the empty group is deleted')
})

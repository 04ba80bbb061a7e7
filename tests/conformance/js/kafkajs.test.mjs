// kafkajs: producing and administrating. What it wrote is read back by kcat, in test_kafkajs.py:
// kafkajs itself consumes only as a member of a group.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import SnappyCodec from 'kafkajs-snappy'
import { lz4Compress } from '@platformatic/wasm-utils'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs
// kafkajs brings gzip; the others are plugged in.
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
CompressionCodecs[CompressionTypes.LZ4] = () => ({ compress: async ({ buffer }) => lz4Compress(buffer) })
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ compress: async ({ buffer }) => zlib.zstdCompressSync(buffer) })

const address = process.env.GREGORD_ADDRESS
const kafka = new Kafka({
  clientId: 'conformance',
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, maxRetryTime: 200 }
})
const admin = kafka.admin()

before(() => admin.connect())
after(() => admin.disconnect())

async function makeTopic (topic, numPartitions = 1, configEntries = []) {
  assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }), true)
}

async function produce (topic, messages, { compression, acks = -1, ...options } = {}) {
  const producer = kafka.producer({ allowAutoTopicCreation: false, ...options })
  await producer.connect()
  try {
    return await producer.send({ topic, messages, compression, acks })
  } finally {
    await producer.disconnect()
  }
}

const fails = async (type, promise) => {
  await assert.rejects(promise, error => {
    const types = [error, error.cause, ...(error.errors ?? [])].map(each => each?.type)
    assert.ok(types.includes(type), `${types} instead of ${type}: ${error.message}`)
    return true
  })
}

test('the cluster has an id, a controller and its broker', async () => {
  const cluster = await admin.describeCluster()
  assert.match(cluster.clusterId, /^[A-Za-z0-9_-]{22}$/)
  assert.equal(cluster.controller, 1)
  const [host, port] = address.split(':')
  assert.deepEqual(cluster.brokers, [{ nodeId: 1, host, port: Number(port) }])
})

for (const codec of ['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD']) {
  const name = codec.toLowerCase()
  const compression = CompressionTypes[codec]
  for (const acks of [0, 1, -1]) {
    for (const partitions of [1, 12]) {
      test(`${name} is produced with acks ${acks} on ${partitions} partitions`, async () => {
        const topic = `js-${name}-${acks}-${partitions}`
        await makeTopic(topic, partitions)
        const messages = Array.from({ length: 120 }, (_, i) => ({
          key: `k${i}`, value: `v${i} ${'the same words '.repeat(20)}`, partition: i % partitions
        }))
        const results = await produce(topic, messages, { compression, acks })
        if (acks === 0) return
        assert.equal(results.length, partitions)
        for (const result of results) {
          assert.equal(result.errorCode, 0)
          assert.equal(result.baseOffset, '0')
        }
      })
    }
  }
}

test('an idempotent producer continues its numbers', async () => {
  await makeTopic('js-idempotent', 3)
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let round = 0; round < 20; round++) {
    const messages = [0, 1, 2].map(partition => ({ partition, value: `v${round}` }))
    const results = await producer.send({ topic: 'js-idempotent', messages })
    assert.deepEqual(results.map(result => result.baseOffset), Array(3).fill(String(round)))
  }
  await producer.disconnect()
})

test('keys, values and headers may be null', async () => {
  await makeTopic('js-nulls')
  await produce('js-nulls', [
    { key: 'k', value: 'v', headers: { a: ['1', '2'], b: 'x' } },
    { key: 'k', value: null }, { key: null, value: 'v' }, { key: '', value: '' }
  ])
})

test('messages of 900 KB are taken', async () => {
  await makeTopic('js-large')
  for (let i = 0; i < 3; i++) await produce('js-large', [{ value: String(i).repeat(900_000) }])
  const [end] = await admin.fetchTopicOffsets('js-large')
  assert.deepEqual(end, { partition: 0, offset: '3', high: '3', low: '0' })
})

test('a message that is too large says so', async () => {
  await makeTopic('js-small', 1, [{ name: 'max.message.bytes', value: '1000' }])
  await fails('MESSAGE_TOO_LARGE', produce('js-small', [{ value: 'x'.repeat(5000) }]))
})

test('a topic made is listed, one deleted is gone', async () => {
  await makeTopic('js-made', 12)
  const { topics: [made] } = await admin.fetchTopicMetadata({ topics: ['js-made'] })
  assert.deepEqual(made.partitions.map(each => each.partitionId).sort((a, b) => a - b), [...Array(12).keys()])
  for (const { leader, replicas, isr } of made.partitions) {
    assert.deepEqual({ leader, replicas, isr }, { leader: 1, replicas: [1], isr: [1] })
  }
  assert.equal(await admin.createTopics({ topics: [{ topic: 'js-made' }] }), false)
  await admin.deleteTopics({ topics: ['js-made'] })
  assert.ok(!(await admin.listTopics()).includes('js-made'))
  await fails('UNKNOWN_TOPIC_OR_PARTITION', admin.deleteTopics({ topics: ['js-made'] }))
})

test('what cannot be made says why', async () => {
  const make = topic => admin.createTopics({ topics: [topic] })
  await fails('INVALID_TOPIC_EXCEPTION', make({ topic: 'a/b' }))
  await fails('INVALID_PARTITIONS', make({ topic: 'js-none', numPartitions: 0 }))
  await fails('INVALID_REPLICATION_FACTOR', make({ topic: 'js-two', replicationFactor: 2 }))
  await fails('INVALID_CONFIG',
    make({ topic: 'js-bad', configEntries: [{ name: 'retention.ms', value: 'soon' }] }))
})

test('partitions are added', async () => {
  await makeTopic('js-grows', 2)
  await admin.createPartitions({ topicPartitions: [{ topic: 'js-grows', count: 5 }] })
  const { topics: [grown] } = await admin.fetchTopicMetadata({ topics: ['js-grows'] })
  assert.equal(grown.partitions.length, 5)
  await fails('INVALID_PARTITIONS',
    admin.createPartitions({ topicPartitions: [{ topic: 'js-grows', count: 3 }] }))
})

test('configs are described and altered', async () => {
  await makeTopic('js-config', 1, [{ name: 'retention.ms', value: '12345' }])
  const describe = async () => {
    const { resources: [answer] } = await admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'js-config', configNames: ['retention.ms'] }]
    })
    assert.equal(answer.errorCode, 0)
    return answer.configEntries.map(entry => [entry.configName, entry.configValue])
  }
  assert.deepEqual(await describe(), [['retention.ms', '12345']])
  await admin.alterConfigs({
    resources: [{
      type: ConfigResourceTypes.TOPIC, name: 'js-config', configEntries: [{ name: 'retention.ms', value: '54321' }]
    }]
  })
  assert.deepEqual(await describe(), [['retention.ms', '54321']])
})

test('offsets are listed by time, and records deleted below one', async () => {
  await makeTopic('js-times')
  const start = Date.now() - 86_400_000
  await produce('js-times', Array.from({ length: 50 }, (_, i) => ({
    value: `v${i}`, timestamp: String(start + 1000 * i)
  })))
  const at = async time => (await admin.fetchTopicOffsetsByTimestamp('js-times', time))[0].offset
  assert.equal(await at(start - 1), '0')
  assert.equal(await at(start + 20_000), '20')
  assert.equal(await at(start + 20_001), '21')
  assert.equal(await at(start + 50_000), '50')
  await admin.deleteTopicRecords({ topic: 'js-times', partitions: [{ partition: 0, offset: '30' }] })
  const [ends] = await admin.fetchTopicOffsets('js-times')
  assert.deepEqual(ends, { partition: 0, offset: '50', high: '50', low: '30' })
})

// Sends numbers to partition 0 of a topic with acks=all and idempotence, one after the other, until its
// standard input ends. A line of JSON for each answer: { producer, number, offset } or, with an error in the
// place of the offset, for a send that failed. Then another producer goes on, since @platformatic/kafka uses
// the sequence number of a failed send again: if that one was written after all, what follows it is taken for
// its duplicate, and acknowledged without being written.
//
//     node send_until_told.mjs kafkajs|platformatic BROKERS TOPIC
const [client, brokers, topic] = process.argv.slice(2)

const makers = {
  async kafkajs () {
    const { default: { Kafka, logLevel } } = await import('kafkajs')
    const kafka = new Kafka({
      clientId: 'failover',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      requestTimeout: 4000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 }
    })
    const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    return {
      async send (value) {
        const [{ baseOffset }] = await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] })
        return Number(baseOffset)
      },
      close: () => producer.disconnect()
    }
  },

  async platformatic () {
    const { Producer, stringSerializers } = await import('@platformatic/kafka')
    const producer = new Producer({
      clientId: 'failover',
      bootstrapBrokers: brokers.split(','),
      serializers: stringSerializers,
      autocreateTopics: false,
      idempotent: true,
      timeout: 4000,
      metadataMaxAge: 500,
      retries: 100,
      retryDelay: 50
    })
    return {
      async send (value) {
        const { offsets: [{ offset }] } = await producer.send({ acks: -1, messages: [{ topic, partition: 0, value }] })
        return Number(offset)
      },
      close: () => producer.close()
    }
  }
}

let isTold = false
process.stdin.on('end', () => { isTold = true }).resume()

let producers = 0
let producer = await makers[client]()
for (let number = 0; !isTold; number++) {
  const answer = { producer: `p${producers}`, number }
  try {
    answer.offset = await producer.send(String(number))
  } catch (error) {
    answer.error = error.message
    await producer.close()
    producer = await makers[client]()
    producers++
  }
  console.log(JSON.stringify(answer))
}
await producer.close()

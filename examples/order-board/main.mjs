// Order board: a program writes orders to Kafka, and a page of another origin shows them.
// The platform needs the namespace: ./tailwater up --config examples/order-board/orders.yml
import {Kafka, Partitioners, logLevel} from 'kafkajs';
import {kafka} from '../platform.mjs';
import {serve} from '../serve.mjs';

const states = ['placed', 'paid', 'packed', 'shipped'];
// Its default partitioner hashes keys as Java's producer does, which is the platform's default, too.
const producer = new Kafka({brokers: [kafka], clientId: 'shop', logLevel: logLevel.ERROR})
  .producer({createPartitioner: Partitioners.DefaultPartitioner});
await producer.connect();
serve(new URL('.', import.meta.url));

for (let number = 1; ; number++) {
  for (const state of states) {
    await producer.send({
      topic: 'shop.orders',
      messages: [{
        key: `order-${number}`, // the channel is orders:order-1
        value: JSON.stringify({state, total: 10 * number}),
        headers: {'tw-type': state}, // so that readers can ask for some types only
      }],
    });
    console.log(`order-${number} ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

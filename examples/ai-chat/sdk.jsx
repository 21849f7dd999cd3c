// The page with Vercel's AI SDK. Two chats, whose ids are in the address: another tab with the same address shows them, too.
import {useChat} from '@ai-sdk/react';
import {DefaultChatTransport} from 'ai';
import {useEffect, useState} from 'react';
import {createRoot} from 'react-dom/client';

const api = `${TAILWATER_URL}/v1/ai/ui`;
if (!location.hash) location.hash = `${crypto.randomUUID()},${crypto.randomUUID()}`;

function Chat({id}) {
  const [question, setQuestion] = useState('What is a log?');
  const [ahead, setAhead] = useState();
  const {messages, status, error, sendMessage, resumeStream} = useChat({
    id,
    // The platform keeps the answer while it is written; the conversation is the application's to keep.
    messages: JSON.parse(localStorage[id] ?? '[]'),
    resume: true,
    transport: new DefaultChatTransport({api, body: {max_tokens: 2000}}),
    onData: ({type, data}) => type === 'data-queued' && setAhead(data.ahead),
    onFinish: ({isDisconnect}) => isDisconnect && setTimeout(resumeStream, 1000),
  });
  useEffect(() => {
    localStorage[id] = JSON.stringify(messages);
  }, [messages]);
  const ask = (event) => {
    event.preventDefault();
    sendMessage({text: question});
  };
  // The SDK's own stop() only stops reading. This ends the answer, in every tab.
  const stop = () => fetch(`${api}/${id}/stop`, {method: 'POST'});

  return (
    <section style={{flex: 1}}>
      {messages.map((message) => (
        <p key={message.id} className={message.role} style={{whiteSpace: 'pre-wrap'}}>
          {message.parts.map((part, i) => part.type === 'text' && <span key={i}>{part.text}</span>)}
        </p>
      ))}
      <p className="state">{error ? error.message : status === 'submitted' && ahead ? `${ahead} before it` : status}</p>
      <form onSubmit={ask}>
        <input value={question} onChange={(event) => setQuestion(event.target.value)} />
        <button>Ask</button>
        <button type="button" className="stop" onClick={stop}>Stop</button>
      </form>
    </section>
  );
}

createRoot(document.getElementById('chats')).render(
  location.hash.slice(1).split(',').map((id) => <Chat key={id} id={id} />),
);

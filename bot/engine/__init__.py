"""The way of an event.

1. Webex posts a webhook. `bot.web` checks its signature, stores it in the inbox and answers 200.
2. The desk, one thread a process, does all other work with the database, in rounds.
3. A round is one transaction. It first settles what the messengers brought back: messages that
   Webex took, and events whose content they fetched.
4. Each event is handled in a savepoint of its own: state, history, reminders, what is to be said,
   and "this event is done" stay together or not at all. What changes the queues only shares one
   savepoint; should a part of it fail, each part is done again in its own.
5. Then due reminders ring, new inbox and outbox rows are claimed, leases are renewed, and what dead
   processes held is given back.
6. After the commit the messengers, threads with a Webex client each, run the errands: fetch this,
   send that. They talk to Webex and to nobody else, and put what they bring on the desk's tray.

    Webex ──▶ door ──▶ inbox ──▶ desk ◀──tray── messengers ──▶ Webex
                                  │                ▲
                                  └── errands ─────┘

So events and reminders take effect exactly once, and messages are delivered at least once.
"""

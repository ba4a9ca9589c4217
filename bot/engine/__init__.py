"""How an event is processed.

1. Webex posts a webhook. `bot.web` checks its signature, stores it in the inbox and answers 200.
2. The desk, one thread per process, makes all other changes to the database, in rounds.
3. A round is one transaction. It first settles what the messengers brought back: messages that
   Webex accepted, and events whose content they fetched.
4. Each event is handled in its own savepoint: state, history, reminders, outgoing messages and
   "this event is done" are kept together or not at all. Work that only changes the queues shares
   one savepoint; if part of it fails, each part is redone in its own.
5. Then leases are renewed, dead processes' rows are freed, new inbox and outbox rows are claimed,
   and due reminders are sent.
6. After the commit the messengers, threads with one Webex client each, run the errands: fetch this,
   send that. They put what they bring back on the desk's tray. Of the database they only read what
   would hold the desk up, such as an export.

    Webex ──▶ door ──▶ inbox ──▶ desk ◀──tray── messengers ──▶ Webex
                                  │                ▲
                                  └── errands ─────┘

So events and reminders take effect exactly once, and messages are delivered at least once.
"""

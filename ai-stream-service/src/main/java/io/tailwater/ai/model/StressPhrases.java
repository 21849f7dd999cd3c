package io.tailwater.ai.model;

import java.util.List;

/**
 * Phrases that are hard on whoever shows them: joined emoji, scripts without spaces, tables, code.
 */
final class StressPhrases {
  private static final List<String> OPENINGS =
      List.of(
          "You asked: “%s”. Here is a short answer first, then the details.\n\n",
          "Good question. “%s” has a simple part and a part that is easy to get wrong. Let's take"
              + " them in turn.\n\n",
          "Let's look at “%s” step by step. 🙂\n\n",
          "In short: yes, and it depends. To answer “%s” well, we should first say what we want to"
              + " be true at the end.\n\n");

  private static final List<String> CLOSINGS =
      List.of(
          "That is the heart of “%s”. Ask on if a part should go deeper. 👋\n",
          "So much for “%s”: start small, measure, and change one thing at a time.\n",
          "I hope that this helps with “%s”. Good luck! 🍀\n");

  private static final List<String> SENTENCES =
      List.of(
          "Small steps beat big plans.",
          "What can't be seen can't be mended, so log the *reason* and not only the fact.",
          "A test that never failed has proved nothing yet.",
          "Most of the delay is waiting, and most of the waiting is in a queue that nobody drew.",
          "The fastest code is the code that isn't there.");

  private static final List<String> PROSE =
      List.of(
          "A system is easier to trust when **one** place decides. All else may then be slow or lost"
              + " for a while, and still nobody sees a wrong answer: the order is written down once,"
              + " and every reader remembers how far it has come.\n\n",
          "Think of a book and a bookmark. The book doesn't care who reads it; the bookmark is"
              + " yours. Put it down on the train, pick it up at home: you go on at the very same"
              + " word — no page twice, none missed.\n\n",
          "There is a trade-off, of course. Batching makes the work cheaper and the answer later;"
              + " forty milliseconds is about where people begin to notice."
              + " Below that, batch.\n\n",
          "The naïve approach works on a laptop and fails on a train: the connection drops, the"
              + " client comes back, and something between “sent” and “received” is gone. That gap"
              + " is the whole problem.\n\n");

  private static final List<String> BULLETS =
      List.of(
          "## What matters\n\n"
              + "- **Order**: what was written first is read first.\n"
              + "- **Memory**: bounded, *however* slow the reader.\n"
              + "- **Honesty**: a gap is announced, never hidden.\n\n",
          "### Before you start\n\n"
              + "- Know your **peak**, not your average.\n"
              + "- Set a `timeout` for everything that waits.\n"
              + "- Keep the old way running until the new one is boring.\n\n");

  private static final List<String> STEPS =
      List.of(
          "## Step by step\n\n"
              + "1. Write down the **position** you have reached.\n"
              + "2. Reconnect, and hand it over.\n"
              + "3. Read on; there is no step four.\n\n",
          "#### A plan for “%s”\n\n"
              + "1. **Measure** for a day.\n"
              + "2. **Change** one thing.\n"
              + "3. **Compare** like with like: same load, same hour.\n"
              + "4. Keep it, or put it back.\n\n");

  private static final List<String> CODE =
      List.of(
          "```java\n"
              + "for (Event event : log.after(position)) {\n"
              + "    write(event);            // may be slow\n"
              + "    position = event.id();   // never goes back\n"
              + "}\n"
              + "```\n\n",
          "```js\n"
              + "const source = new EventSource(answer.events);\n"
              + "let text = \"\";\n"
              + "source.addEventListener(\"delta\", (e) => {\n"
              + "  text += JSON.parse(e.data).text; // exact\n"
              + "});\n"
              + "```\n\n",
          "```python\n"
              + "def area(r: float) -> float:\n"
              + "    \"\"\"Area of a circle.\"\"\"\n"
              + "    return 3.14159 * r ** 2\n"
              + "\n"
              + "assert area(1) < 3.2\n"
              + "```\n\n");

  private static final List<String> SCRIPTS =
      List.of(
          "> 日本語では「流れを止めずに、続きから読む」と言います。\n\n",
          "中文可以这样说：断线之后，从上次的位置继续，一个字也不少。\n\n",
          "한국어로는 “끊긴 곳에서 다시 이어진다”라고 합니다.\n\n",
          "In other scripts: 𝒙² + 𝒚² = 𝒓², 𠮷野家, Ελληνικά, русский, שלום, café.\n\n");

  private static final List<String> SIGNS =
      List.of(
          "Who is it for? 👩‍💻 developers, 👨‍👩‍👧‍👦 families, 🏳️‍🌈 everyone. ✅\n\n",
          "The team: 🧑🏽‍🚀 explores, 👩🏻‍🔬 measures. From 🇯🇵 and 🇧🇷. 🚀✨\n\n");

  private static final List<String> TABLES =
      List.of(
          "| case | then |\n|---|---|\n| quiet | wait |\n| behind | read a page |\n| closed | stop |\n\n",
          "| load | p50 | p99 |\n|---:|---:|---:|\n| 100/s | 3 ms | 9 ms |\n| 1,000/s | 4 ms | 17 ms |\n\n");

  /** What every answer should have something of, if it is long enough. */
  private static final List<List<String>> FIRST_KINDS =
      List.of(PROSE, BULLETS, CODE, SCRIPTS, SIGNS);

  /** The kinds of sections; every text ends its section whole, so that any may follow. */
  private static final List<List<String>> KINDS =
      List.of(PROSE, BULLETS, STEPS, CODE, SCRIPTS, SIGNS, TABLES);

  /** All of them. */
  static final Phrasebook BOOK = new Phrasebook(OPENINGS, CLOSINGS, SENTENCES, FIRST_KINDS, KINDS);

  private StressPhrases() {}
}

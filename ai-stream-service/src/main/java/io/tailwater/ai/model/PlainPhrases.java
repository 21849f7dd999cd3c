package io.tailwater.ai.model;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Phrases of a plausible answer: plain prose, lists, and code where the question is about code. */
final class PlainPhrases {
  private static final Pattern ABOUT_CODE =
      Pattern.compile(
          "\\b(code|function|method|class|script|program|java|python|javascript|sql|regex|api)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final List<String> WHY =
      List.of(
          "“%1$s” has a short answer and a longer one. The short one: several causes work together"
              + " here, and one of them does most of the work.\n\n",
          "Good question. To answer “%1$s”, look first at what causes %2$s and then at what would"
              + " change without it.\n\n");

  private static final List<String> HOW =
      List.of(
          "“%1$s” is easiest step by step. Here is a way that works in most cases, and what to watch"
              + " out for.\n\n",
          "There is more than one way. For “%1$s” I would start with the simplest and only then add"
              + " what is missing.\n\n");

  private static final List<String> WHAT =
      List.of(
          "You asked: “%1$s”. In one sentence: %2$s is best understood by what it is for, and then by"
              + " how it works.\n\n",
          "Let me answer “%1$s” in two parts: first the idea behind %2$s, then an example.\n\n",
          "A short answer to “%1$s” first, then the details.\n\n");

  private static final List<String> CLOSINGS =
      List.of(
          "If you tell me more about your case, I can say more about %2$s.\n",
          "That is the core of “%1$s”. Ask on if a part should go deeper.\n",
          "I hope this helps with “%1$s”.\n");

  private static final List<String> SENTENCES =
      List.of(
          "The details depend on the case at hand.",
          "An example makes this clearer than a definition.",
          "It is worth checking this against your own experience.",
          "Most mistakes here come from skipping a step.",
          "A good rule of thumb is to start small.");

  private static final List<String> PROSE =
      List.of(
          "Start with what is certain about %2$s. There is usually **one** thing that everything else"
              + " follows from, and once it is clear, the rest is a matter of detail. What is not"
              + " certain can wait until it matters.\n\n",
          "People often think of %2$s as a single thing. It is more useful to see it as a few parts"
              + " that depend on each other: change one, and the others change with it. That explains"
              + " why simple rules work well most of the time and fail at the edges.\n\n",
          "There is a trade-off, of course. What makes %2$s simpler in one place often makes it harder"
              + " in another. Which side matters more depends on what you want to achieve.\n\n",
          "Seen from a distance, the question “%1$s” is about cause and effect. Look at what happens"
              + " first, and at what could not happen without it. What remains is a short list, and"
              + " the most likely explanation is on it.\n\n");

  private static final List<String> BULLETS =
      List.of(
          "## The main points\n\n"
              + "- **Purpose**: what %2$s is for.\n"
              + "- **Parts**: what it is made of, and how they fit together.\n"
              + "- **Limits**: where it stops working well.\n\n",
          "### What to keep in mind\n\n"
              + "- The *common* case is simple; begin there.\n"
              + "- Exceptions are rare, but they are the ones people remember.\n"
              + "- When in doubt, test it on a small example.\n\n");

  private static final List<String> STEPS =
      List.of(
          "## Step by step\n\n"
              + "1. Write down what you know about %2$s.\n"
              + "2. Pick the **smallest** part that you can check.\n"
              + "3. Check it, and note the result.\n"
              + "4. Repeat until the question is answered.\n\n",
          "#### A plan\n\n"
              + "1. **Look** at an example.\n"
              + "2. **Change** one thing.\n"
              + "3. **Compare** before and after.\n\n");

  private static final List<String> CODE =
      List.of(
          "```java\n"
              + "static int sum(List<Integer> numbers) {\n"
              + "  int sum = 0;\n"
              + "  for (int number : numbers) {\n"
              + "    sum += number;\n"
              + "  }\n"
              + "  return sum;\n"
              + "}\n"
              + "```\n\n",
          "```python\n"
              + "def largest(numbers):\n"
              + "    \"\"\"The largest of at least one number.\"\"\"\n"
              + "    best = numbers[0]\n"
              + "    for number in numbers:\n"
              + "        if number > best:\n"
              + "            best = number\n"
              + "    return best\n"
              + "```\n\n");

  private PlainPhrases() {}

  /** The phrases for an answer to a question. */
  static Phrasebook of(String question) {
    String start = question.strip().toLowerCase(Locale.ROOT);
    boolean how = start.startsWith("how");
    List<List<String>> special =
        ABOUT_CODE.matcher(question).find()
            ? List.of(PROSE, BULLETS, CODE)
            : how ? List.of(PROSE, STEPS) : List.of(PROSE, BULLETS);
    return new Phrasebook(
        start.startsWith("why") ? WHY : how ? HOW : WHAT,
        CLOSINGS,
        SENTENCES,
        special,
        List.of(PROSE, BULLETS, STEPS));
  }
}

package io.tailwater.edge.files;

import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A page and the files that it loads, of one folder of the build. Immutable.
 *
 * <p>The browser loads no script and no style for it and opens no connection that is not the
 * gateway's own. What comes from clients is shown as text, and the browser refuses a script that
 * would make markup of it.
 */
public final class ServedPage {
  private static final String PAGE = "index.html";
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "txt", "text/plain; charset=utf-8");

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
          + " data: %s; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'";

  private final String folder;
  private final String policy;
  private final Map<String, ServedFile> files = new TreeMap<>();

  private ServedPage(String folder, String policy) {
    this.folder = folder;
    this.policy = policy;
  }

  /**
   * Finds {@code index.html} of a folder, and files beside it.
   *
   * @param pictures where the page's pictures come from besides the gateway, as the words of {@code
   *     img-src} say it; empty for nowhere
   * @throws IllegalStateException if the build has left out one of them
   */
  public static ServedPage of(
      ResourceLoader resources, String folder, List<String> names, String pictures) {
    ServedPage page = new ServedPage(folder, POLICY.formatted(pictures).replace(" ;", ";"));
    page.load(resources, PAGE);
    for (String name : names) {
      page.load(resources, name);
    }
    return page;
  }

  private void load(ResourceLoader resources, String name) {
    String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain");
    ServedFile file = ServedFile.find(resources, "classpath:" + folder + "/" + name, type);
    if (file == null) {
      throw new IllegalStateException("the build has left out " + folder + "/" + name);
    }
    files.put(name, file);
  }

  /** Answers with the page. */
  public HttpResponse<?> answer(HttpRequest<?> request) {
    return answer(request, PAGE);
  }

  /**
   * Answers with a file.
   *
   * @throws RequestException {@code not_found}
   */
  public HttpResponse<?> answer(HttpRequest<?> request, String name) {
    ServedFile file = files.get(name);
    if (file == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "there is no file '%s' in /%s: open /%s".formatted(name, folder, folder));
    }
    return file.answer(request)
        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
        .header("Content-Security-Policy", policy)
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Referrer-Policy", "no-referrer");
  }
}

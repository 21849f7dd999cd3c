package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The npm package, as its users get it. */
final class ClientPackageIT {
  private static final Path FOLDER = Repository.path("client-js");

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    ClientBuildIT.install();
  }

  @Test
  void publintAndAttwFindNothing() throws Exception {
    Tools.npm(FOLDER, "run", "lint:package");
  }

  @Test
  void aFreshDirectoryUsesItWithPlainNode(@TempDir Path fresh) throws Exception {
    Tools.npm(FOLDER, "pack", "--pack-destination", fresh.toString());
    Files.writeString(
        fresh.resolve("package.json"),
        """
        {"private": true, "type": "module", "scripts": {"use": "node use.js"}}
        """);
    Files.writeString(
        fresh.resolve("use.js"),
        """
        import {createClient, TailwaterError} from '@tailwater/client';
        import {createAnswer} from '@tailwater/client/ai';
        import {protobufFrames} from '@tailwater/client/binary';
        import {observe} from '@tailwater/client/diagnostics';
        import {persistentOutbox} from '@tailwater/client/offline';
        import {stateMap} from '@tailwater/client/state';
        import {createSharedClient} from '@tailwater/client/tabs';
        const client = createClient({url: 'http://127.0.0.1:1', frames: protobufFrames()});
        console.log(client.state, typeof createAnswer, typeof persistentOutbox, typeof stateMap, typeof createSharedClient, new TailwaterError('a', 'b').code);
        console.log(observe(client).snapshot().state);
        await client.close();
        """);
    Tools.npm(fresh, "install", "--no-audit", "--no-fund", "./tailwater-client-0.1.0.tgz");
    assertThat(Tools.npm(fresh, "run", "--silent", "use"))
        .isEqualTo("connecting function function function function a\nconnecting\n");
  }
}

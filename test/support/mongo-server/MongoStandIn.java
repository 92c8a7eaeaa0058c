import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/**
 * An in-memory server that speaks MongoDB's wire protocol, for tests on machines without MongoDB.
 *
 * <p>Usage: {@code java -cp 'lib/*' MongoStandIn.java [port]}; without a port it takes a free one. Prints {@code ready
 * <port>} and ends when its standard input does, so that it can't outlive whoever started it.
 *
 * <p>What it can't: transactions, update pipelines, partial unique indexes, TTL deletion, change streams.
 */
public class MongoStandIn {
  /** Drivers of today refuse servers below wire version 9; what we use of 13 (MongoDB 5.0) is served. */
  private static final MongoVersion VERSION =
      new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
          return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
          return 13;
        }
      };

  public static void main(String[] args) throws Exception {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    MongoServer server = new MongoServer(new MemoryBackend().version(VERSION));
    server.bind("127.0.0.1", port);
    System.out.println("ready " + server.getLocalAddress().getPort());
    System.out.flush();
    while (System.in.read() != -1) {
      // Nobody sends anything: only the end of the stream matters.
    }
    server.shutdownNow();
    System.exit(0);
  }
}

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Properties;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStoreContext;
import org.slf4j.LoggerFactory;

/**
 * An S3 server for tests: S3Proxy over a folder of its own, with signatures checked. Arguments: port (0: any), access key id,
 * secret access key. Prints "ready <port>" when it listens, and ends when its standard input does, so that it never outlives
 * the test that started it.
 */
class S3Server {
  public static void main(String[] args) throws Exception {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    Path folder = Files.createTempDirectory("tollgate-s3-");
    Properties properties = new Properties();
    properties.setProperty("jclouds.filesystem.basedir", folder.toString());
    BlobStoreContext context = ContextBuilder.newBuilder("filesystem-nio2")
        .credentials("unused", "unused")
        .overrides(properties)
        .build(BlobStoreContext.class);
    S3Proxy server = S3Proxy.builder()
        .blobStore(context.getBlobStore())
        .endpoint(URI.create("http://127.0.0.1:" + args[0]))
        .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, args[1], args[2])
        .build();
    server.start();
    System.out.println("ready " + server.getPort());

    while (System.in.read() >= 0) {
      // Nothing is said on it.
    }
    server.stop();
    context.close();
    try (var paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    }
    System.exit(0);
  }
}

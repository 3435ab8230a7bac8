import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks for an address by Java's own client, and prints how it failed, in the words that a server passes on. */
class Fetch {
  public static void main(String[] args) {
    var limit = Duration.ofMillis(Long.parseLong(args[1]));
    try {
      var request = HttpRequest.newBuilder(URI.create(args[0])).timeout(limit).build();
      var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() >= 400) throw new IllegalStateException("HTTP status " + answer.statusCode());
    } catch (Exception error) {
      System.out.println(error);
    }
  }
}

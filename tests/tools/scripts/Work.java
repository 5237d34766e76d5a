import java.io.IOException;
import java.nio.file.*;
import java.security.MessageDigest;
import java.util.*;
import java.util.stream.*;
import java.util.zip.GZIPInputStream;

class Work {
    public static void main(String[] args) throws Exception {
        Path top = Path.of("java-work");
        Files.createDirectories(top.resolve("a/b"));
        try (Stream<Path> list = Files.list(Path.of("."))) {
            Files.write(top.resolve("a/b/list"), list.map(Path::toString).sorted().collect(Collectors.toList()));
        }
        Files.move(top.resolve("a/b/list"), top.resolve("list"));
        Files.copy(Path.of("a.txt"), top.resolve("a.txt"));
        Files.writeString(top.resolve("a.txt"), "appended\n", StandardOpenOption.APPEND);
        System.out.println(Files.size(Path.of("a.txt")) + " " + Files.readSymbolicLink(Path.of("link-to-a")));
        System.out.println(Path.of("link-to-sub").toRealPath().getFileName());
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(Path.of("a.txt.gz")))) {
            System.out.println(in.readAllBytes().length);
        }
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of("big.bin")));
        System.out.println(HexFormat.of().formatHex(hash));
        try (Stream<Path> tree = Files.walk(top)) {
            tree.sorted(Comparator.reverseOrder()).filter(p -> p.startsWith(top.resolve("a"))).forEach(Work::delete);
        }
        Process wc = new ProcessBuilder("wc", "-c", "big.bin").inheritIO().start();
        System.out.println(wc.waitFor());
        try {
            Files.readString(Path.of(args[0]));
        } catch (NoSuchFileException e) {
            System.out.println("missing: " + e.getMessage());
        }
    }

    private static void delete(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            System.out.println(e);
        }
    }
}

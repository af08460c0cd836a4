package dev.rollcall.cli;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.ProtoFile;
import com.squareup.wire.schema.Schema;
import com.squareup.wire.schema.SchemaLoader;
import com.squareup.wire.schema.internal.SchemaEncoder;
import dev.rollcall.ConfigurationException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Protobuf services that are only known at run time: from a {@code .proto} file, a descriptor set, or a server's reflection. */
final class Descriptors {
    private final List<FileDescriptor> files;

    private Descriptors(List<FileDescriptor> files) {
        this.files = files;
    }

    /** From a {@code .proto} file; its imports are looked for beside it and in the working directory. */
    static Descriptors ofProto(Path file) {
        Path absolute = readable("--proto", file).toAbsolutePath();
        String parent = String.valueOf(absolute.getParent());
        SchemaLoader loader = new SchemaLoader(FileSystems.getDefault());
        try {
            loader.initRoots(
                    List.of(Location.get(parent, String.valueOf(absolute.getFileName()))),
                    List.of(Location.get(parent), Location.get("")));
            Schema schema = loader.loadSchema();
            SchemaEncoder encoder = new SchemaEncoder(schema);
            List<FileDescriptorProto> protos = new ArrayList<>();
            for (ProtoFile each : schema.getProtoFiles()) {
                protos.add(FileDescriptorProto.parseFrom(encoder.encode(each).toByteArray()));
            }
            return of(protos);
        } catch (InvalidProtocolBufferException | RuntimeException malformed) {
            throw unusable("--proto", file, "a .proto file with its imports", malformed);
        }
    }

    /** From a file that {@code protoc --descriptor_set_out --include_imports} wrote. */
    static Descriptors ofSet(Path file) {
        try {
            return of(FileDescriptorSet.parseFrom(Files.readAllBytes(readable("--descriptor", file)))
                    .getFileList());
        } catch (IOException | RuntimeException malformed) {
            throw unusable(
                    "--descriptor", file, "the output of protoc --descriptor_set_out --include_imports", malformed);
        }
    }

    private static Path readable(String option, Path file) {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new ConfigurationException(option + ": " + file + " (expected: a file that can be read)");
        }
        return file;
    }

    private static ConfigurationException unusable(String option, Path file, String expected, Exception malformed) {
        return malformed instanceof ConfigurationException known
                ? known
                : new ConfigurationException(option + ": " + file + " (expected: " + expected + "): "
                        + Show.line(String.valueOf(malformed.getMessage())));
    }

    /** From the files themselves, in any order. */
    static Descriptors of(Collection<FileDescriptorProto> protos) {
        Map<String, FileDescriptorProto> byName = new HashMap<>();
        protos.forEach(proto -> byName.put(proto.getName(), proto));
        Map<String, FileDescriptor> built = new HashMap<>();
        List<FileDescriptor> files = new ArrayList<>();
        for (FileDescriptorProto proto : byName.values()) {
            files.add(build(proto.getName(), byName, built, 0));
        }
        return new Descriptors(files);
    }

    private static FileDescriptor build(
            String name, Map<String, FileDescriptorProto> protos, Map<String, FileDescriptor> built, int depth) {
        FileDescriptor known = built.get(name);
        if (known != null) {
            return known;
        }
        FileDescriptorProto proto = protos.get(name);
        if (proto == null || depth > 100) {
            throw new ConfigurationException("descriptors: " + name + " is imported and "
                    + (proto == null ? "not there" : "imports itself") + " (expected: every import)");
        }
        List<FileDescriptor> imports = new ArrayList<>();
        for (String imported : proto.getDependencyList()) {
            imports.add(build(imported, protos, built, depth + 1));
        }
        try {
            FileDescriptor file = FileDescriptor.buildFrom(proto, imports.toArray(new FileDescriptor[0]));
            built.put(name, file);
            return file;
        } catch (DescriptorValidationException malformed) {
            throw new ConfigurationException("descriptors: " + Show.line(String.valueOf(malformed.getMessage())));
        }
    }

    /** The method of an endpoint {@code Greeter.Hello}; of a service's name the last label is enough. */
    Optional<MethodDescriptor> method(String endpoint) {
        int dot = endpoint.lastIndexOf('.');
        String service = dot < 0 ? "" : endpoint.substring(0, dot);
        return files.stream()
                .flatMap(file -> file.getServices().stream())
                .filter(each -> called(each, service))
                .map(each -> each.findMethodByName(endpoint.substring(dot + 1)))
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** {@code Greeter} and {@code hello.srv.say.Greeter} both mean {@code pkg.Greeter}, as to go-micro. */
    static boolean called(ServiceDescriptor service, String name) {
        return name.equals(service.getFullName())
                || name.substring(name.lastIndexOf('.') + 1).equals(service.getName());
    }
}

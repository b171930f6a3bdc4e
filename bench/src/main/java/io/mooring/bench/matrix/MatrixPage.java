package io.mooring.bench.matrix;

import java.nio.file.Path;

record MatrixPage(Run run) {
    void write(Path file) {
    }
}

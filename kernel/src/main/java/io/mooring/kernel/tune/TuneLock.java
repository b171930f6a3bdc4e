package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One tune at a time: two could each take the other's values for what was there before. */
final class TuneLock implements AutoCloseable {

    /** In memory: it is gone with the next start, and says nothing by being there. */
    private static final String FILE = "run/mooring-tune.lock";

    private final FileChannel file;

    private TuneLock(FileChannel file) {
        this.file = file;
    }

    /** @throws KernelException another has it, or this user may not */
    static TuneLock take(Host host) {
        if (!host.isRoot()) {
            throw new KernelException("nothing was changed: only root may, so run it with sudo");
        }
        Path path = host.root().resolve(FILE);
        FileChannel file = null;
        try {
            Files.createDirectories(path.getParent());
            file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (file.tryLock() != null) {
                return new TuneLock(file);
            }
        } catch (OverlappingFileLockException e) {
            // held within this very process: the same answer as by another
        } catch (IOException e) {
            throw new KernelException("nothing was changed: cannot lock " + path + " ("
                + e.getMessage() + ")");
        }
        closeQuietly(file);
        throw new KernelException("nothing was changed: another tune is at work (" + path + ")");
    }

    @Override
    public void close() {
        closeQuietly(file);
    }

    private static void closeQuietly(FileChannel file) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            throw new KernelException("cannot unlock: " + e.getMessage());
        }
    }
}

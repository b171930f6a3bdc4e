package io.mooring.topic;

import io.mooring.conn.SmallPool;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * A number for each topic's name, one and the same for all reactors; any thread. Who holds a number
 * keeps it from being given to another name; a name that nobody holds is forgotten.
 *
 * <p>Off-heap: a record of 16 B, four of the hash table, and the name in UTF-8 with its length. The
 * table grows and shrinks by a bucket at a time (linear hashing), so that no call takes longer than
 * the others, a million names or not. The hash is keyed at random: names come from peers, who must
 * not be able to choose some that share a bucket.
 */
public final class TopicNames implements AutoCloseable {
    /** A longer one, in UTF-8, is refused. */
    public static final int NAME_BYTES_MAX = 1024;

    private static final int BUCKETS_MIN = 64;

    // A record. Its number is half its handle in the pool.
    private static final int RECORD_BYTES = 16;
    private static final int NEXT = 0;
    private static final int HOLDERS = 4;
    private static final int NAME = 8;
    private static final int HASH = 12;

    private static final int LENGTH_BYTES = 2;
    private static final long SCRATCH_BYTES = OffHeap.pageAlign(NAME_BYTES_MAX + 16);

    private final SmallPool records;
    private final SmallPool names;
    private final int topicsMax;
    private final int numbersMax;
    private final int bucketsMax;
    private final long seed;
    private final long factor;

    /** The name that is looked for, as it is kept; and behind it the buckets. 0: not mapped. */
    private long scratch;
    private long buckets;
    private int bucketCount = BUCKETS_MIN;
    private int count;
    private boolean closed;

    /**
     * @param topicsMax bound on names at once
     * @param nameBytesMax bound on the memory for their letters
     * @param isMemoryShort whether the process must not grow
     */
    public TopicNames(int topicsMax, long nameBytesMax, BooleanSupplier isMemoryShort) {
        long bytes = Math.ceilDiv((long) topicsMax * RECORD_BYTES, SmallPool.EXTENT_BYTES)
            * SmallPool.EXTENT_BYTES;
        this.records = new SmallPool(bytes, isMemoryShort);
        this.names = new SmallPool(nameBytesMax, isMemoryShort);
        // There is no extent 0, so numbers begin with those of the first.
        this.numbersMax = (int) ((bytes + SmallPool.EXTENT_BYTES) / RECORD_BYTES);
        this.topicsMax = topicsMax;
        this.bucketsMax = Math.max(BUCKETS_MIN, topicsMax);
        SplittableRandom random = new SplittableRandom();
        this.seed = random.nextLong();
        this.factor = random.nextLong() | 1;
    }

    /** All numbers are below this. */
    public int numbersMax() {
        return numbersMax;
    }

    /** The name's number, which may change as soon as nobody holds it; 0: nobody does. */
    public synchronized int find(String name) {
        return isReady() && encode(name) ? find(hash()) : 0;
    }

    /**
     * The name's number, held once more; a new one if it had none.
     *
     * @return 0 if the name is too long, or memory or numbers are used up
     */
    public synchronized int hold(String name) {
        if (!map() || !encode(name)) {
            return 0;
        }
        int hash = hash();
        int number = find(hash);
        if (number == 0) {
            number = add(hash);
        } else {
            addHolders(number, 1);
        }
        return number;
    }

    /** The name's number, held so often more; 0 if nobody holds it, and it stays so. */
    public synchronized int holdKnown(String name, int times) {
        int number = isReady() && encode(name) ? find(hash()) : 0;
        if (number != 0) {
            addHolders(number, times);
        }
        return number;
    }

    /** Holds a number so often more, which somebody holds already. */
    public synchronized void hold(int number, int times) {
        if (isReady()) {
            assert OffHeap.getInt(record(number) + HOLDERS) > 0 : "nobody holds " + number;
            addHolders(number, times);
        }
    }

    /** To be called as often as it was held. */
    public synchronized void release(int number) {
        if (!isReady()) {
            return;
        }
        long record = record(number);
        int holders = OffHeap.getInt(record + HOLDERS) - 1;
        assert holders >= 0 : "released too often: " + number;
        OffHeap.putInt(record + HOLDERS, holders);
        if (holders == 0) {
            forget(number, record);
        }
    }

    /** The name of a number that the caller holds. */
    public synchronized String name(int number) {
        if (!isReady()) {
            return "";
        }
        long name = names.address(OffHeap.getInt(record(number) + NAME));
        long end = name + nameBytes(name);
        StringBuilder text = new StringBuilder();
        for (long at = name + LENGTH_BYTES; at < end; ) {
            int first = OffHeap.getByte(at) & 0xff;
            int bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : 3;
            int ch = bytes == 1 ? first : first & (bytes == 2 ? 0x1f : 0x0f);
            for (int i = 1; i < bytes; i++) {
                ch = ch << 6 | OffHeap.getByte(at + i) & 0x3f;
            }
            text.append((char) ch);
            at += bytes;
        }
        return text.toString();
    }

    /** Names that somebody holds. */
    public synchronized int count() {
        return count;
    }

    /** Bytes of pages that are taken. */
    public synchronized long memoryBytes() {
        return isReady() ? records.memoryBytes() + names.memoryBytes() + SCRATCH_BYTES
            + OffHeap.pageAlign((long) bucketCount * Integer.BYTES) : 0;
    }

    /** The same, and what is mapped by now. */
    public synchronized MemoryUse memory() {
        if (!isReady()) {
            return MemoryUse.NONE;
        }
        long table = (long) bucketCount * Integer.BYTES;
        return records.memory().plus(names.memory()).plus(
            new MemoryUse(tableBytes(), SCRATCH_BYTES + OffHeap.pageAlign(table), table));
    }

    /** The most that it may come to be. */
    public long bytesMax() {
        return records.mappedBytes() + names.mappedBytes() + tableBytes();
    }

    /** Gives pages back that have become free. */
    public synchronized void trim() {
        records.trim();
        names.trim();
    }

    /** From here on every name is unknown. */
    @Override
    public synchronized void close() {
        if (isReady()) {
            records.close();
            names.close();
            OffHeap.unmap(scratch, tableBytes());
        }
        closed = true;
        count = 0;
    }

    /** Throws if the table and the count disagree. For tests. */
    synchronized void invariants() {
        records.invariants();
        names.invariants();
        int found = 0;
        for (int bucket = 0; bucket < bucketCount && isReady(); bucket++) {
            for (int number = head(bucket); number != 0;
                    number = OffHeap.getInt(record(number) + NEXT)) {
                long record = record(number);
                if (bucketOf(OffHeap.getInt(record + HASH)) != bucket
                        || OffHeap.getInt(record + HOLDERS) <= 0) {
                    throw new IllegalStateException("number " + number + " is astray");
                }
                found++;
            }
        }
        if (found != count || records.usedBytes() != (long) count * RECORD_BYTES) {
            throw new IllegalStateException("counted " + count + ", found " + found);
        }
    }

    // ---- names

    /** Into the scratch: length, UTF-8, zeros up to a multiple of eight. False: too long. */
    private boolean encode(String name) {
        if (name.length() > NAME_BYTES_MAX) {
            return false;
        }
        long at = scratch + LENGTH_BYTES;
        long end = at + NAME_BYTES_MAX;
        for (int i = 0; i < name.length() && at <= end; i++) {
            at = put(at, name.charAt(i));
        }
        if (at > end) {
            return false;
        }
        OffHeap.putShort(scratch, (short) (at - scratch - LENGTH_BYTES));
        OffHeap.putLong(at, 0);
        return true;
    }

    /**
     * A surrogate by itself, as half of a pair is: three bytes each, where UTF-8 has four for both.
     * Names that differ stay different, and {@link #name} gives them back.
     */
    private static long put(long at, char ch) {
        if (ch < 0x80) {
            OffHeap.putByte(at, (byte) ch);
            return at + 1;
        }
        if (ch < 0x800) {
            OffHeap.putByte(at, (byte) (0xc0 | ch >> 6));
            OffHeap.putByte(at + 1, (byte) (0x80 | ch & 0x3f));
            return at + 2;
        }
        OffHeap.putByte(at, (byte) (0xe0 | ch >> 12));
        OffHeap.putByte(at + 1, (byte) (0x80 | ch >> 6 & 0x3f));
        OffHeap.putByte(at + 2, (byte) (0x80 | ch & 0x3f));
        return at + 3;
    }

    private static int nameBytes(long name) {
        return LENGTH_BYTES + (OffHeap.getShort(name) & 0xffff);
    }

    /** Of the scratch; the high half of a product depends on every bit of both factors. */
    private int hash() {
        int bytes = nameBytes(scratch);
        long hash = seed;
        for (int i = 0; i < bytes; i += Long.BYTES) {
            long mixed = hash ^ OffHeap.getLong(scratch + i);
            hash = mixed * factor ^ Math.multiplyHigh(mixed, factor);
        }
        hash = (hash ^ hash >>> 32) * factor;
        return (int) (hash >>> 32);
    }

    private boolean isScratch(long name) {
        int bytes = nameBytes(scratch);
        for (int i = 0; i < bytes; i += Long.BYTES) {
            if (OffHeap.getLong(name + i) != OffHeap.getLong(scratch + i)) {
                return false;
            }
        }
        return true;
    }

    // ---- the table

    private int find(int hash) {
        int number = head(bucketOf(hash));
        while (number != 0) {
            long record = record(number);
            if (OffHeap.getInt(record + HASH) == hash
                    && isScratch(names.address(OffHeap.getInt(record + NAME)))) {
                return number;
            }
            number = OffHeap.getInt(record + NEXT);
        }
        return 0;
    }

    private int add(int hash) {
        int bytes = nameBytes(scratch);
        int handle = count == topicsMax ? 0 : records.take(RECORD_BYTES);
        if (handle == 0) {
            return 0;
        }
        int name = names.take(bytes);
        if (name == 0) {
            records.give(handle);
            return 0;
        }
        for (int i = 0; i < bytes; i += Long.BYTES) {
            OffHeap.putLong(names.address(name) + i, OffHeap.getLong(scratch + i));
        }
        int number = handle >>> 1;
        long record = record(number);
        OffHeap.putInt(record + HOLDERS, 1);
        OffHeap.putInt(record + NAME, name);
        OffHeap.putInt(record + HASH, hash);
        push(bucketOf(hash), number, record);
        count++;
        if (count > bucketCount && bucketCount < bucketsMax) {
            split();
        }
        return number;
    }

    private void forget(int number, long record) {
        int bucket = bucketOf(OffHeap.getInt(record + HASH));
        int next = OffHeap.getInt(record + NEXT);
        if (head(bucket) == number) {
            head(bucket, next);
        } else {
            long before = record(head(bucket));
            while (OffHeap.getInt(before + NEXT) != number) {
                before = record(OffHeap.getInt(before + NEXT));
            }
            OffHeap.putInt(before + NEXT, next);
        }
        names.give(OffHeap.getInt(record + NAME));
        records.give(number << 1);
        count--;
        // A name goes, two buckets go: so far behind the names the table never is for long.
        for (int i = 0; i < 2 && bucketCount > BUCKETS_MIN && bucketCount > 2 * count; i++) {
            merge();
        }
    }

    private void addHolders(int number, int times) {
        long holders = record(number) + HOLDERS;
        OffHeap.putInt(holders, Math.addExact(OffHeap.getInt(holders), times));
    }

    /** One bucket more, whose names have been in another, which its number names but for a bit. */
    private void split() {
        int fresh = bucketCount++;
        int source = fresh - Integer.highestOneBit(fresh);
        head(fresh, 0);
        int number = head(source);
        head(source, 0);
        while (number != 0) {
            long record = record(number);
            int next = OffHeap.getInt(record + NEXT);
            push(bucketOf(OffHeap.getInt(record + HASH)), number, record);
            number = next;
        }
    }

    /** The last bucket's names go back to where they came from. */
    private void merge() {
        int last = --bucketCount;
        int number = head(last);
        while (number != 0) {
            long record = record(number);
            int next = OffHeap.getInt(record + NEXT);
            push(last - Integer.highestOneBit(last), number, record);
            number = next;
        }
        long end = buckets + (long) last * Integer.BYTES;
        if (end % OffHeap.PAGE_BYTES == 0) {
            OffHeap.discard(end, OffHeap.PAGE_BYTES);
        }
    }

    /** As many bits of the hash as number the buckets; one less where that is past the last. */
    private int bucketOf(int hash) {
        int top = Integer.highestOneBit(bucketCount - 1);
        int bucket = hash & (top << 1) - 1;
        return bucket < bucketCount ? bucket : bucket - top;
    }

    private void push(int bucket, int number, long record) {
        OffHeap.putInt(record + NEXT, head(bucket));
        head(bucket, number);
    }

    private int head(int bucket) {
        return OffHeap.getInt(buckets + (long) bucket * Integer.BYTES);
    }

    private void head(int bucket, int number) {
        OffHeap.putInt(buckets + (long) bucket * Integer.BYTES, number);
    }

    private long record(int number) {
        return records.address(number << 1);
    }

    // ---- memory

    private boolean isReady() {
        return scratch != 0 && !closed;
    }

    /** At the first name, so that a server without topics maps nothing. */
    private boolean map() {
        if (scratch == 0 && !closed) {
            scratch = OffHeap.tryMap(tableBytes());
            buckets = scratch + SCRATCH_BYTES;
        }
        return isReady();
    }

    private long tableBytes() {
        return SCRATCH_BYTES + OffHeap.pageAlign((long) bucketsMax * Integer.BYTES);
    }
}

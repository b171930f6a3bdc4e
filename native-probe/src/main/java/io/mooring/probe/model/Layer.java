package io.mooring.probe.model;

/**
 * One kind of memory that connections take: a stretch of the stack.
 *
 * @param part        which stretch of the bar it belongs to
 * @param name        what it is
 * @param objectBytes of one, as the allocator hands it out; 0: not made of objects
 * @param packedBytes of one, with its share of its pages
 * @param count       how many
 * @param bytes       of all of them
 * @param chargedBytes of it, what a memory cgroup is charged: of each object its own size and eight
 *                    bytes, not its share of pages
 * @param source      where count and size are from
 * @param basis       how sure that is
 */
public record Layer(Part part, String name, double objectBytes, double packedBytes, long count,
        double bytes, double chargedBytes, String source, Basis basis) {

    /** Stretches of the bar, from the bottom. */
    public enum Part {
        SOCKET("socket", true), INODE("inode", true), FILE("file", true), DENTRY("dentry", true),
        LABELS("security labels", true), ACCOUNTS("cgroup's accounts", true),
        WAITING("waiting for input", true), DESCRIPTOR("descriptor", true), PORT("port", true),
        RECEIVED("received, unread", true), SENT("sent, unacknowledged", true),
        PASSING("coming and going", true), UNIX("unix sockets", true),
        SLACK("room in slabs and tables", true),
        RINGS("rings' own", true), USER("user memory", false);

        public final String label;
        public final boolean isKernel;

        Part(String label, boolean isKernel) {
            this.label = label;
            this.isKernel = isKernel;
        }

        /** What each connection has as long as it is open and idle. */
        public boolean isPerIdleConnection() {
            return switch (this) {
                case SOCKET, INODE, FILE, DENTRY, LABELS, ACCOUNTS, WAITING, DESCRIPTOR, PORT ->
                    true;
                default -> false;
            };
        }
    }

    /** How sure a row is. */
    public enum Basis {
        /** Both the count and the size are what the kernel told. */
        MEASURED,
        /** Follows from something that was measured: each socket with an inode has one file. */
        DERIVED,
        /** The size is what it usually is, since this kernel does not tell it to this user. */
        ASSUMED
    }

    static Layer of(Part part, String name, ObjectSizes.Size size, long count, boolean isCharged,
            String counted, Basis basis) {
        return new Layer(part, name, size.objectBytes(), size.packedBytes(), count,
                count * size.packedBytes(), isCharged ? count * (size.objectBytes() + 8.0) : 0,
                counted + "; " + size.source(), size.isMeasured() ? basis : Basis.ASSUMED);
    }

    static Layer bytes(Part part, String name, double bytes, long count, boolean isCharged,
            String source, Basis basis) {
        return new Layer(part, name, 0, 0, count, bytes, isCharged ? bytes : 0, source, basis);
    }
}

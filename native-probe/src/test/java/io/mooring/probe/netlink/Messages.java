package io.mooring.probe.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Netlink messages as the kernel writes them, made by hand. */
final class Messages {

    private final ByteBuffer data = ByteBuffer.allocate(64 * 1024).order(ByteOrder.nativeOrder());

    static ByteBuffer datagram(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    byte[] bytes() {
        byte[] bytes = new byte[data.position()];
        data.get(0, bytes);
        return bytes;
    }

    private int begin(int type, int flags, int sequence) {
        int at = data.position();
        data.putInt(0).putShort((short) type).putShort((short) flags).putInt(sequence).putInt(0);
        return at;
    }

    private void end(int at) {
        data.putInt(at, data.position() - at);
        while (data.position() % 4 != 0) {
            data.put((byte) 0);
        }
    }

    /** An IPv4 socket with SK_MEMINFO of nine figures that begin with {@code rmem}. */
    Messages socket(int sequence, int state, int localPort, int inode, int rmem) {
        int at = begin(20, 2, sequence);
        data.put((byte) 2).put((byte) state).put((byte) 0).put((byte) 0);
        data.put((byte) (localPort >> 8)).put((byte) localPort);
        data.put((byte) 0x9c).put((byte) 0x40);
        data.put(new byte[] {127, 0, 0, 1}).put(new byte[12]);
        data.put(new byte[] {127, 0, 0, 2}).put(new byte[12]);
        data.putInt(0).putInt(0x11223344).putInt(0x55667788);
        data.putInt(0).putInt(34).putInt(7).putInt(1000).putInt(inode);
        data.putShort((short) 40).putShort((short) 7);
        data.putInt(rmem).putInt(131_072).putInt(0).putInt(87_040).putInt(3072).putInt(1280)
                .putInt(0).putInt(0).putInt(5);
        // One that the probe does not know, of an odd length.
        data.putShort((short) 5).putShort((short) 8).put((byte) 1);
        while (data.position() % 4 != 0) {
            data.put((byte) 0);
        }
        end(at);
        return this;
    }

    Messages done(int sequence, int error) {
        int at = begin(NetlinkReader.TYPE_DONE, 2, sequence);
        data.putInt(error);
        end(at);
        return this;
    }

    /** An error that repeats the header of the request, and says why in words. */
    Messages error(int sequence, int error, String text) {
        int at = begin(NetlinkReader.TYPE_ERROR, 0x300, sequence);
        data.putInt(error).put(new byte[NetlinkReader.HEADER_BYTES]);
        byte[] words = text.getBytes(StandardCharsets.UTF_8);
        data.putShort((short) (4 + words.length)).putShort((short) 1).put(words);
        end(at);
        return this;
    }

    /** A message whose header claims a length of its own. */
    Messages claiming(int sequence, int length) {
        int at = begin(20, 2, sequence);
        data.putInt(at, length);
        return this;
    }
}

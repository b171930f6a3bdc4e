/**
 * {@code ./mooring doctor}: one function for each limit or setting of the machine, what it says
 * against what so many connections need. It reads, and tries io_uring as the server does; it
 * changes nothing.
 *
 * <p>Memory, rings and descriptors come from the server's own plan
 * ({@link io.mooring.server.Needs}), so the two cannot disagree: what {@code serve} would refuse to
 * start for is a Fail here, what it would warn of is a Warn or, where connections would be missing,
 * a Fail.
 *
 * <p>The checks, in their order:
 * <table>
 * <caption>warns, fails</caption>
 * <tr><th>check<th>warns<th>fails
 * <tr><td>kernel<td>older than 6.1 and io_uring is refused; zero-copy before 6.13<td>
 * <tr><td>io_uring<td>refused, and the server takes epoll<td>refused, with --engine io_uring
 * <tr><td>page size<td>64 KiB or more<td>
 * <tr><td>transparent huge pages<td>always, and their waste could be 3 % of memory<td>
 * <tr><td>memory<td><td>not enough for all
 * <tr><td>control group<td>version 1 counts no sockets; switched off in a service or container
 * <td>not enough for all
 * <tr><td>swap<td>on a disk and in use<td>
 * <tr><td>vm.overcommit_memory<td><td>2, and less may be mapped than will be
 * <tr><td>vm.max_map_count<td><td>too few
 * <tr><td>open files<td>more than 128 rings<td>too few for the rings; epoll: too few
 * <tr><td>fs.nr_open<td><td>epoll: too few
 * <tr><td>fs.file-max<td>binds the server, if not this root<td>too few
 * <tr><td>locked memory<td><td>zero-copy: too little
 * <tr><td>fs.epoll.max_user_watches<td><td>epoll: too few
 * <tr><td>net.ipv4.tcp_mem<td>fewer pages than connections<td>used up now
 * <tr><td>kmem.tcp of the control group<td>fewer pages than connections<td>
 * <tr><td>tcp_rmem, tcp_wmem<td>too small for a message, or a large guaranteed part<td>
 * <tr><td>net.core.somaxconn<td>less than 4,096<td>
 * <tr><td>tcp_max_syn_backlog<td>less than 4,096 without SYN cookies<td>
 * <tr><td>ip_local_port_range<td>few ports, or the server's port among them<td>
 * <tr><td>conntrack<td>loaded, idle, too small<td>tracks, and too small
 * <tr><td>tcp_max_orphans<td>very few, or more memory than a kill should leave<td>
 * <tr><td>tcp_max_tw_buckets<td>very few<td>
 * <tr><td>IPv6, container, privileges<td><td>
 * <tr><td>processors<td>the governor is powersave<td>
 * <tr><td>systemd<td>too few tasks<td>
 * </table>
 */
package io.mooring.kernel.doctor;

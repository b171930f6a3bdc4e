/** What an application sees: handlers, connections, payloads. Imports nothing of the runtime. */
package io.mooring.api;

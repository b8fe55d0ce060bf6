"""An HTTPS server of a test's own, in threads that end with the tests."""

import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps connections open, and tells nobody of its requests."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass


class TLSServer(http.server.ThreadingHTTPServer):
    """Serves at once, on a port that is free. What a client breaks off is no error."""

    daemon_threads = True

    def __init__(self, handler, context, address="0.0.0.0"):
        super().__init__((address, 0), handler)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def close(self):
        self.shutdown()
        self.server_close()

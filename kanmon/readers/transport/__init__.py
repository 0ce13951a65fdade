"""How targets are dialled: HTTPS, TLS, SSH, WinRM, and how their answers are taken apart."""

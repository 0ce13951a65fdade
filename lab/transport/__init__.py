"""The protocols that simulated servers speak: TCP and HTTPS, SSH, TDS, WinRM, certificates."""

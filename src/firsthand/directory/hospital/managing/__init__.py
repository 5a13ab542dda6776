"""What an administrator changes of a hospital: how it and its departments and doctors are called and reached."""

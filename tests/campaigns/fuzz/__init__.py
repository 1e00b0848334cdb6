"""Made-up input: whatever is put in, a value comes out or an error of ours, and no file is harmed."""

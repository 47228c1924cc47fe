from pgw.cli import main

main()

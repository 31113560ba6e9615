import Command

#if hasFeature(Embedded)
  @_extern(c, "exit") func exit(_ status: Int32) -> Never
#else
  import Glibc
#endif

exit(Command.main())
